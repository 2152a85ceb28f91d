//! Texts with secrets in them and texts without, which the rules were not written from.
//!
//! Secrets are made up on each run, the same every time and each by the published shape of its kind; among them are shapes
//! that no rule knows, so that the numbers say what a net of this kind does not hold.

use tailhook_core::Redaction;

/// Bytes of a kind, the same on every run.
struct Random(u64);

impl Random {
    fn of(&mut self, alphabet: &str, count: usize) -> String {
        let alphabet: Vec<char> = alphabet.chars().collect();
        let mut next = || {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            alphabet[(self.0 >> 33) as usize % alphabet.len()]
        };
        (0..count).map(|_| next()).collect()
    }
}

const HEX: &str = "0123456789abcdef";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const WORD: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const LOWER: &str = "abcdefghijklmnopqrstuvwxyz0123456789";

/// Secrets of the shapes that their makers document.
fn secrets(random: &mut Random) -> Vec<(&'static str, String)> {
    let mut of = |start: &str, alphabet: &str, count| format!("{start}{}", random.of(alphabet, count));
    vec![
        ("anthropic", of("sk-ant-api03-", WORD, 93) + "AA"),
        ("openai project", of("sk-proj-", WORD, 48)),
        ("openai", of("sk-", WORD, 48)),
        ("aws id", of("AKIA", UPPER, 16)),
        ("github", of("ghp_", WORD, 36)),
        ("github app", of("ghs_", WORD, 36)),
        ("github fine-grained", of("github_pat_11", WORD, 20) + "_" + &of("", WORD, 59)),
        ("gitlab", of("glpat-", WORD, 20)),
        ("slack", of("xoxb-", "0123456789", 12) + "-" + &of("", WORD, 24)),
        ("google", of("AIzaSy", WORD, 33)),
        ("npm", of("npm_", WORD, 36)),
        ("stripe", of("sk_live_", WORD, 24)),
        ("hugging face", of("hf_", WORD, 34)),
        ("jwt", of("eyJhbGciOiJIUzI1NiJ9.eyJ", WORD, 60) + "." + &of("", WORD, 43)),
    ]
}

/// Places where agents meet secrets; `@` stands for one.
const PLACES: &[&str] = &[
    "@",
    "curl -H 'Authorization: Bearer @' https://api.example.com/v1/models",
    "export SERVICE_API_KEY=@ && npm test",
    "error: invalid credentials (@), see the log",
    "{\"env\":{\"API_TOKEN\":\"@\"}}",
    "git clone https://ci:@@example.com/a/b.git",
    "API_KEY: @\nother: value",
    "const client = new Client({ apiKey: '@' });",
    "  12\u{2192}SECRET_KEY = \"@\"",
];

/// Secrets that only their name or their place gives away.
const NAMED: &[&str] = &[
    "DB_PASSWORD=@ ./run",
    "\"password\": \"@\"",
    "mysql://root:@@db.internal:3306/app",
    "AWS_SECRET_ACCESS_KEY=@",
    "client_secret=@&grant_type=client_credentials",
    "docker login --password=@",
    "POSTGRES_PASSWORD: @",
    // No rule takes these three, and none should without taking much that is harmless.
    "the password is @",
    "sshpass -p @ ssh host",
    "openssl passwd @",
];

/// Text that agents see all day and that holds no secret; `@` is random.
const HARMLESS: &[(&str, &str, usize)] = &[
    ("commit @", HEX, 40),
    ("@  crates/core/src/lib.rs", HEX, 7),
    ("sha256:@", HEX, 64),
    ("\"integrity\": \"sha512-@==\"", WORD, 86),
    ("session 53793fe4-1c1b-4b8e-9f8e-@", HEX, 12),
    ("toolu_01@", WORD, 22),
    ("msg_01@", WORD, 22),
    ("data:image/png;base64,@", WORD, 400),
    ("target/release/deps/tailhook-@.rlib", HEX, 16),
    ("index-@.js  91.2 kB", WORD, 8),
    ("checksum = \"@\"", HEX, 64),
    ("GITHUB_SHA=@", HEX, 40),
    ("key = @", LOWER, 6),
    ("fn token(&self) -> Token { self.token_@() }", LOWER, 5),
    ("let api_key = read_key(\"@\")?;", LOWER, 5),
    ("PRIMARY KEY (id), FOREIGN KEY (@) REFERENCES a", LOWER, 6),
    ("max_tokens: 4096, tokens_used: 1@", "0123456789", 3),
    ("https://example.com/@?page=2#key", LOWER, 12),
    ("user@example.com pushed @", HEX, 7),
    ("npm_config_cache=/tmp/@", LOWER, 8),
    ("sk-learn-@", LOWER, 6),
    ("password: required, minLength: 1@", "0123456789", 1),
    ("process.env.API_KEY_@", UPPER, 3),
    ("secrets.GITHUB_TOKEN @", LOWER, 4),
    ("Bearer realm=\"@\"", LOWER, 6),
    ("\"tokenizer\": \"bpe-@\"", LOWER, 4),
    ("keyboard @ layout", LOWER, 3),
    ("TOKEN=$(cat /run/@)", LOWER, 6),
    ("PASSWORD=${PASSWORD:-} # @", LOWER, 6),
    ("etag: W/\"@\"", HEX, 32),
];

/// What became of some texts.
#[derive(Default)]
pub(crate) struct Tally {
    /// Texts in which there is a secret.
    pub(crate) secrets: u32,
    /// Those of them in which it is gone.
    pub(crate) found: u32,
    /// Places where something was taken.
    pub(crate) taken: u32,
    /// Those of them where it was the secret.
    pub(crate) taken_rightly: u32,
    /// Texts that still hold their secret.
    pub(crate) missed: Vec<String>,
    /// Texts of which something else was taken, and what they became.
    pub(crate) wrong: Vec<String>,
}

impl Tally {
    /// How much of what is secret is found.
    pub(crate) fn recall(&self) -> f64 {
        f64::from(self.found) / f64::from(self.secrets)
    }

    /// How much of what is taken is secret.
    pub(crate) fn precision(&self) -> f64 {
        f64::from(self.taken_rightly) / f64::from(self.taken)
    }

    /// One text; `secret` is in it, or nothing is.
    fn add(&mut self, text: &str, secret: Option<&str>) {
        let payload = serde_json::json!({ "tool_input": { "command": text } }).to_string();
        let redacted = Redaction::default().apply(payload.as_bytes());
        let after = String::from_utf8_lossy(&redacted.bytes);
        let taken = after.matches("[redacted:").count() as u32;
        self.taken += taken;
        if let Some(secret) = secret {
            self.secrets += 1;
            let gone = !after.contains(secret);
            self.found += u32::from(gone);
            self.taken_rightly += taken.min(u32::from(gone));
            if !gone {
                self.missed.push(text.to_owned());
            }
        }
        if taken > u32::from(secret.is_some()) {
            self.wrong.push(format!("{text} -> {after}"));
        }
    }
}

/// What the rules make of the corpus: of shapes that they know, and of all.
pub(crate) fn tallies() -> (Tally, Tally) {
    let mut random = Random(42);
    let (mut known, mut all) = (Tally::default(), Tally::default());
    for _ in 0..5 {
        for (_, secret) in secrets(&mut random) {
            for place in PLACES {
                let text = place.replacen('@', &secret, 1);
                known.add(&text, Some(&secret));
                all.add(&text, Some(&secret));
            }
        }
        for place in NAMED {
            let secret = random.of(WORD, 20);
            all.add(&place.replacen('@', &secret, 1), Some(&secret));
        }
        for (text, alphabet, count) in HARMLESS {
            let text = text.replacen('@', &random.of(alphabet, *count), 1);
            known.add(&text, None);
            all.add(&text, None);
        }
    }
    (known, all)
}
