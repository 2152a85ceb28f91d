use proptest::prelude::*;

use super::Redaction;

fn redact(text: &str) -> String {
    let redacted = Redaction::default().apply(text.as_bytes());
    String::from_utf8(redacted.bytes.into_owned()).unwrap()
}

/// The text as a JSON string inside a payload, redacted and read again.
fn redact_inside_json(text: &str) -> String {
    let payload = serde_json::json!({ "tool_input": { "content": text } }).to_string();
    let value: serde_json::Value = serde_json::from_str(&redact(&payload)).unwrap();
    value["tool_input"]["content"].as_str().unwrap().to_owned()
}

/// In each, what stands between `«` and `»` is a secret of the kind named first.
const SECRETS: &[(&str, &str)] = &[
    ("anthropic_key", "key is «sk-ant-api03-abcDEF123_-xyz» ok"),
    ("anthropic_key", "«sk-ant-oat01-AAAAAAAAAAAAAAAA»"),
    ("api_key", "use «sk-proj-Ab1Cd2Ef3Gh4Ij5Kl6»."),
    ("api_key", "(«sk-abcdefghijklmnopqrstuvwxyz»)"),
    ("aws_key", "id=«AKIAIOSFODNN7EXAMPLE»,"),
    ("aws_key", "«ASIAIOSFODNN7EXAMPLE»"),
    ("github_token", "«ghp_0123456789abcdefghijABCDEFGHIJ012345»"),
    ("github_token", "\t«gho_0123456789abcdefghijABCDEFGHIJ012345»"),
    ("github_token", "token\n«github_pat_11ABCDEFG0abcdefghij_0123456789»"),
    ("slack_token", "«xoxb-1234567890-abcdef»"),
    ("google_key", "?k=«AIzaSyA0123456789abcdefghijklmnopqrstuv»"),
    ("gitlab_token", "«glpat-abcdefghij0123456789»"),
    ("npm_token", "\n«npm_abcdefghijklmnopqrstuvwxyz0123456789»"),
    ("npm_token", "C:\\«npm_abcdefghijklmnopqrstuvwxyz0123456789»"),
    ("stripe_key", "«sk_live_abcdefghij0123456789»"),
    ("stripe_key", "«rk_test_abcdefghij0123456789»"),
    ("huggingface_token", "«hf_abcdefghijklmnopqrstuvwxyzABCDEFGH»"),
    ("jwt", "«eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc-DEF_123456»"),
    ("bearer_token", "-H 'Authorization: Bearer «abcdef123456»'"),
    ("bearer_token", "authorization: bearer «AbCdEfGhIjKl»"),
    ("private_key", "«-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\n-----END RSA PRIVATE KEY-----»\n"),
    ("private_key", "x «-----BEGIN OPENSSH PRIVATE KEY-----\r\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAA\r\n»"),
    ("url_password", "postgres://user:«p4ss@word»@host:5432/db"),
    ("url_password", "redis://:«hunter2»@localhost"),
    ("url_password", "https://u:«x»@h and https://no:port/p@th"),
    ("secret", "OPENAI_API_KEY=«abc»"),
    ("secret", "export DB_PASSWORD=«hunter2»; ls"),
    ("secret", "DB_PASSWORD='«hun ter2»' cmd"),
    ("secret", "GITHUB_TOKEN=\"«abc def»\""),
    ("secret", "A_SECRET: «s3cr3tvalue»\nB: 1"),
    ("secret", "{\"MY_TOKEN\": \"«abc»\", \"other\": \"x\"}"),
    ("secret", "{\"a\":\"{\\\"MY_TOKEN\\\": \\\"«abc»\\\"}\"}"),
    ("secret", "API_KEY := \"«v4lue»\""),
    ("secret", "'DB_PASSWD' => '«v4lue»'"),
    ("secret", "env['X_KEY'] and X_KEY=«valüe» y"),
    ("secret", "{\"password\":\"«hunter2»\"}"),
    ("secret", "{\"apiKey\": \"«abc123»\"}"),
    ("secret", "clientSecret: '«aB3$xyz»'"),
    ("secret", "x-api-key: «abcdef0123»\n"),
    ("secret", "https://h/?access_token=«abcdef0123»&x=1"),
    ("secret", "--password=«hunter22»"),
    ("secret", "SMTP_PASSWORD=«a/b/c»"),
];

const HARMLESS: &[&str] = &[
    "risk-assessment-of-many-long-words",
    "pip install scikit-learn sk-learn-extension-with-a-long-name",
    "desk-ant-farm",
    "AKIAIOSFODNN7EXAMPLEX AKIA_IOSFODNN7EXAMPL XAKIAIOSFODNN7EXAMPLE",
    "npm_config_registry npm_package_version",
    "shelf_abcdefghijklmnopqrstuvwxyz",
    "eyJ.eyJ.x eyJhbGciOiJIUzI1NiJ9",
    "Bearer token, bearer authentication, Bearer $TOKEN, Bearer <token>",
    "grep -- '-----BEGIN RSA PRIVATE KEY-----' f",
    "-----BEGIN CERTIFICATE-----\nMIIEpAIBAAKCAQEAMIIEpAIBAAKCAQEAMIIEpAIBAAKCAQEA\n-----END CERTIFICATE-----",
    "https://example.com:8080/path@2 http://user@host file:///a:b@c",
    "https://user:$PASSWORD@host",
    "API_KEY=$OTHER TOKEN=${X} SECRET=$(cat f) PASSWORD=<yours> KEY=",
    "if API_KEY == other { TOKEN => 1 }",
    "MAX_TOKENS=4096 MAX_TOKEN=4096 TOKENIZER=bpe KEYBOARD=us",
    "let token = self.next_token(); password = getpass(prompt)",
    "{\"MAX_TOKEN\": 123456789, \"key\": \"value\", \"HAS_KEY\": true}",
    "export API_KEY=",
    "token: string; password: required",
    "the secret: nobody knows",
    "{\"token_usage\":{\"input_tokens\":100}}",
    "[redacted:secret] PASSWORD=[redacted:secret] postgres://u:[redacted:url_password]@h Bearer [redacted:jwt]",
];

#[test]
fn secrets_are_removed_and_nothing_else() {
    for (kind, marked) in SECRETS {
        let text = marked.replace(['«', '»'], "");
        let (before, rest) = marked.split_once('«').unwrap();
        let (_, after) = rest.rsplit_once('»').unwrap();
        let expect = format!("{before}[redacted:{kind}]{after}");
        assert_eq!(redact_inside_json(&text), expect, "{marked}");
        assert_eq!(redact_inside_json(&expect), expect, "{marked}");
    }
}

#[test]
fn harmless_text_stays() {
    for text in HARMLESS {
        assert_eq!(&redact_inside_json(text), text);
    }
}

#[test]
fn secrets_several_strings_deep_are_removed() {
    let mut text = "{\"DB_PASSWORD\": \"hunter2\", \"x\": \"KEY='a b' \\\" end\"}".to_owned();
    for _ in 0..3 {
        text = serde_json::json!({ "nested": text, "after": 1 }).to_string();
        let mut value: serde_json::Value = serde_json::from_str(&redact(&text)).unwrap();
        while let Some(inner) = value.get("nested").and_then(|nested| nested.as_str()) {
            value = serde_json::from_str(inner).unwrap();
        }
        assert_eq!(value["DB_PASSWORD"], "[redacted:secret]");
        assert_eq!(value["x"], "KEY='[redacted:secret]' \" end");
    }
}

#[test]
fn an_open_name_at_the_end_of_a_string_takes_nothing() {
    for payload in [r#"{"a":"API_KEY=","b":"DB_PASSWORD=' ","c":"KEY: ","d":"x"}"#, r#"["TOKEN","x"]"#] {
        assert_eq!(redact(payload), payload);
    }
}

#[test]
fn every_secret_counts() {
    let redacted = Redaction::default().apply(b"AKIAIOSFODNN7EXAMPLE API_KEY=abc sk-ant-0123456789");
    assert_eq!(redacted.count, 3);
    assert_eq!(redacted.bytes, &b"[redacted:aws_key] API_KEY=[redacted:secret] [redacted:anthropic_key]"[..]);
}

#[test]
fn the_address_of_the_user_goes_even_with_redaction_off() {
    let payload = br#"{"user_email" : "a\"b@example.com","x":{"user_email":null},"y":"\"user_email\":\"z\""}"#;
    let expect = br#"{"user_email" : "[redacted:email]","x":{"user_email":null},"y":"\"user_email\":\"z\""}"#;
    for redaction in [Redaction::off(), Redaction::default()] {
        let redacted = redaction.apply(payload);
        assert_eq!(redacted.bytes, &expect[..]);
        assert_eq!(redacted.count, 1);
        assert_eq!(redaction.apply(expect).count, 0);
    }
}

#[test]
fn nothing_changes_with_redaction_off() {
    let payload = br#"{"a":"API_KEY=abc sk-ant-0123456789"}"#;
    assert_eq!(Redaction::off().apply(payload).bytes, &payload[..]);
}

#[test]
fn a_payload_that_was_cut_off_is_redacted_to_its_end() {
    assert_eq!(redact(r#"{"a":"API_KEY=\"abc def"#), r#"{"a":"API_KEY=\"[redacted:secret]"#);
    assert_eq!(redact(r#"{"user_email":"me@exam"#), r#"{"user_email":"[redacted:email]"#);
}

/// Texts that would take hours if a rule read on to their end from every place it is called at.
#[test]
fn time_grows_with_length_alone() {
    let pieces = [
        "sk-",
        "sk-a",
        "-eyJ",
        "eyJaaaaaaa.",
        "token=a.",
        "password='",
        "password=\"a b",
        "password='a b",
        "KEY=\"",
        "a://u:",
        "://",
        "-----BEGIN PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----{",
        "-----END ",
        "Bearer ",
        "\\",
        "\\KEY",
        "KEY\\\\",
        "\"user_email\":",
        "\"user_email\":\"",
        "AKIA-",
        "xoxb-",
        "KEY: a",
        "api_key=x",
    ];
    for piece in pieces {
        let text = piece.repeat(100_000 / piece.len());
        redact(&text);
        redact_inside_json(&text);
    }
}

/// Texts made of what rules look for, so that they meet, overlap and break off.
fn tricky_text() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "sk-ant-",
        "sk-",
        "AKIA",
        "ghp_",
        "github_pat_",
        "xoxb-",
        "AIza",
        "glpat-",
        "npm_",
        "hf_",
        "eyJ",
        "Bearer ",
        "-----BEGIN RSA PRIVATE KEY-----",
        "-----END RSA PRIVATE KEY-----",
        "://",
        "https://",
        ":",
        "@",
        "/",
        "API_KEY",
        "TOKEN",
        "SECRET",
        "PASSWORD",
        "password",
        "apiKey",
        "token",
        "user_email",
        "=",
        "==",
        ": ",
        "\"",
        "'",
        "\\",
        "\\\"",
        "\n",
        "\t",
        " ",
        ".",
        "-",
        "_",
        ";",
        "&",
        "(",
        "$",
        "<",
        "[redacted:",
        "[redacted:jwt]",
        "]",
        "é",
        "🚀",
        "\u{1}",
        "n",
        "u00ee",
        "abcdef0123",
        "ABCDEFGHIJKL0123",
        "abcdefghijklmnopqrstuvwxyz0123456789",
        "x",
        "\u{2028}",
    ]);
    prop::collection::vec(pieces, 0..24).prop_map(|pieces| pieces.concat())
}

/// JSON whose strings are such texts, up to three strings deep, with escapes where one may write them.
fn tricky_json() -> impl Strategy<Value = String> {
    let field = (prop::sample::select(vec!["a", "API_KEY", "password", "user_email", "x y"]), tricky_text());
    (prop::collection::vec(field, 1..4), 0..3_usize, any::<bool>()).prop_map(|(fields, depth, ascii)| {
        let object: serde_json::Map<_, _> =
            fields.into_iter().map(|(name, text)| (name.to_owned(), text.into())).collect();
        let mut json = serde_json::Value::Object(object).to_string();
        for _ in 0..depth {
            json = serde_json::json!({ "nested": json, "n": 1 }).to_string();
        }
        if ascii { json.replace('é', "\\u00ee").replace('/', "\\/") } else { json }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn redacting_twice_is_redacting_once(text in tricky_text()) {
        let once = redact(&text);
        prop_assert_eq!(redact(&once), once);
    }

    #[test]
    fn json_stays_json(json in tricky_json()) {
        let once = redact(&json);
        prop_assert!(serde_json::from_str::<serde_json::Value>(&once).is_ok(), "{} became {}", json, once);
        prop_assert_eq!(redact(&once), once);
    }

    #[test]
    fn any_bytes_do(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let once = Redaction::default().apply(&bytes).bytes.into_owned();
        prop_assert_eq!(&Redaction::default().apply(&once).bytes[..], &once[..]);
    }
}
