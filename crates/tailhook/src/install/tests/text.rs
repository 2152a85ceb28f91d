//! Text in, text out: the files that people have.

use super::super::json::Document;
use super::{Disk, PROGRAM, few};

/// Installing gives `expected`, again changes nothing, and uninstalling gives the first text back.
fn check(before: &str, expected: &str) {
    let mut disk = Disk::holding(before);
    disk.install(&few(PROGRAM)).unwrap();
    assert_eq!(disk.text(), expected, "installed into {before:?}");
    round(before);
}

/// The same for texts whose result needs no spelling out.
fn round(before: &str) {
    let mut disk = Disk::holding(before);
    disk.install(&few(PROGRAM)).unwrap();
    Document::parse(disk.text()).unwrap();
    let once = disk.clone();
    disk.install(&few(PROGRAM)).unwrap();
    assert_eq!(disk, once, "installed twice into {before:?}");
    disk.install(&few("/elsewhere/tailhook-hook")).unwrap();
    assert!(!disk.text().contains(PROGRAM), "another path takes over in {before:?}");
    disk.install(&few(PROGRAM)).unwrap();
    assert_eq!(disk, once, "there and back in {before:?}");
    disk.uninstall().unwrap();
    assert_eq!(disk, Disk::holding(before), "uninstalled from {before:?}");
}

fn refuse(before: &str, message: &str) {
    let mut disk = Disk::holding(before);
    let error = disk.install(&few(PROGRAM)).unwrap_err();
    assert_eq!(error.to_string(), message);
    assert_eq!(disk, Disk::holding(before));
}

const PRE: &str =
    r#"{"hooks":[{"type":"command","command":"/opt/tailhook/tailhook-hook","args":[],"timeout":2,"async":true}]}"#;
const END: &str = r#"{"hooks":[{"type":"command","command":"/opt/tailhook/tailhook-hook","args":[],"timeout":2}]}"#;

#[test]
fn a_new_file_is_written_as_claude_code_writes_it() {
    let mut disk = Disk::default();
    disk.install(&few(PROGRAM)).unwrap();
    insta::assert_snapshot!(disk.text(), @r#"
    {
      "hooks": {
        "SessionEnd": [
          {
            "hooks": [
              {
                "type": "command",
                "command": "/opt/tailhook/tailhook-hook",
                "args": [],
                "timeout": 2
              }
            ]
          }
        ],
        "PreToolUse": [
          {
            "hooks": [
              {
                "type": "command",
                "command": "/opt/tailhook/tailhook-hook",
                "args": [],
                "timeout": 2,
                "async": true
              }
            ]
          }
        ]
      }
    }
    "#);
    assert_eq!(disk.backup, None);
    disk.uninstall().unwrap();
    assert_eq!(disk, Disk::default());
}

#[test]
fn blank_files_and_empty_objects() {
    let mut new = Disk::default();
    new.install(&few(PROGRAM)).unwrap();
    let new = new.text().to_owned();
    check("", &new);
    check(" \n\t", &new);
    check("\r\n", &new.replace('\n', "\r\n"));
    check("\u{feff}", &format!("\u{feff}{new}"));
    check("{}", new.trim_end());
    check("{}\n", &new);
    check(" { }\n\n", &format!(" {}\n\n", new.trim_end().replace('\n', "\n ")));
    check("{\n\n}\n", &new);
}

#[test]
fn minified_stays_minified() {
    check(r#"{"a":1}"#, &format!(r#"{{"a":1,"hooks":{{"SessionEnd":[{END}],"PreToolUse":[{PRE}]}}}}"#));
    check("{\"a\":1}\n", &format!("{{\"a\":1,\"hooks\":{{\"SessionEnd\":[{END}],\"PreToolUse\":[{PRE}]}}}}\n"));
    check(r#"{"hooks":{}}"#, &format!(r#"{{"hooks":{{"SessionEnd":[{END}],"PreToolUse":[{PRE}]}}}}"#));
    check(
        r#"{"hooks":{"PreToolUse":[]},"b":2}"#,
        &format!(r#"{{"hooks":{{"PreToolUse":[{PRE}],"SessionEnd":[{END}]}},"b":2}}"#),
    );
}

#[test]
fn one_line_with_spaces_keeps_its_spaces() {
    let spaced = |group: &str| group.replace("\":", "\": ").replace(",\"", ", \"");
    let (pre, end) = (spaced(PRE), spaced(END));
    check(
        r#"{ "a": 1, "b": 2 }"#,
        &format!(r#"{{ "a": 1, "b": 2, "hooks": {{"SessionEnd": [{end}], "PreToolUse": [{pre}]}} }}"#),
    );
}

#[test]
fn indentation_is_that_of_the_file() {
    let file = |unit: &str, colon: &str, newline: &str| {
        let lines = ["{", "1\"model\": \"x\",", "1\"env\": {", "2\"A\": \"b\"", "1}", "}"];
        let line = |line: &&str| line.replace('1', unit).replace('2', &unit.repeat(2)).replace(": ", colon);
        lines.iter().map(line).collect::<Vec<_>>().join(newline)
    };
    for unit in ["\t", " ", "   ", "    ", "\t "] {
        for colon in [": ", ":", " : "] {
            for newline in ["\n", "\r\n"] {
                let before = file(unit, colon, newline);
                let mut disk = Disk::holding(&before);
                disk.install(&few(PROGRAM)).unwrap();
                let entry = format!("{newline}{}\"timeout\"{colon}2", unit.repeat(6));
                assert_eq!(disk.text().matches(&entry).count(), 2, "{}", disk.text());
                assert_eq!(disk.text().matches('\n').count(), disk.text().matches(newline).count());
                round(&before);
                round(&format!("\u{feff}{before}{newline}{newline}"));
            }
        }
    }
}

#[test]
fn hooks_of_others_stay_where_they_are() {
    let before = r#"{
  "model": "opus",
  "hooks": {
    "PreToolUse": [
      {
        "matcher": "Bash",
        "hooks": [ { "type": "command", "command": "./check.sh" } ]
      }
    ],
    "Stop": [{"hooks": [{"type": "command", "command": "say done"}]}]
  },
  "zeta" : [1,2,
     3]
}
"#;
    let mut disk = Disk::holding(before);
    disk.install(&few(PROGRAM)).unwrap();
    insta::assert_snapshot!(disk.text(), @r#"
    {
      "model": "opus",
      "hooks": {
        "PreToolUse": [
          {
            "matcher": "Bash",
            "hooks": [ { "type": "command", "command": "./check.sh" } ]
          },
          {
            "hooks": [
              {
                "type": "command",
                "command": "/opt/tailhook/tailhook-hook",
                "args": [],
                "timeout": 2,
                "async": true
              }
            ]
          }
        ],
        "Stop": [{"hooks": [{"type": "command", "command": "say done"}]}],
        "SessionEnd": [
          {
            "hooks": [
              {
                "type": "command",
                "command": "/opt/tailhook/tailhook-hook",
                "args": [],
                "timeout": 2
              }
            ]
          }
        ]
      },
      "zeta" : [1,2,
         3]
    }
    "#);
    round(before);
}

#[test]
fn odd_but_valid_layouts() {
    for before in [
        "{\"a\":1\n,\"b\":2\n}",
        "{\n}",
        "{\r\"a\": 1\r}\r",
        "{\"hooks\": {\n}\n}",
        "{\"hooks\":{\"PreToolUse\":[ \n ]}}",
        "{\"hooks\":{\"PreToolUse\":[{\n  \"hooks\":[]\n}]}}",
        "{\"hooks\":{\"PreToolUse\":[{\n  \"hooks\":[{\"command\":\"x\"}]\n}, {\n  \"hooks\":[]\n}]}}",
        "{\"hooks\": {\"PreToolUse\": [null, 1, {}, {\"hooks\": null}, {\"hooks\": [null, []]}]}}",
        "{\"hooks\": {\"//\": \"a remark\", \"Other\": {}}}",
        "{\"hooks\"\n:\n{\n\"SessionEnd\"\n:\n[\n]\n}\n}",
        "  {  \"a\"  :  1  }  ",
        "\n\n{\n      \"a\": 1,\n\n  \"b\": 2\n\n}\n\n",
        "{\"hooks\": {}, \"hooks2\": {}, \"a\": {\"hooks\": {\"PreToolUse\": 1}}}",
        "{\"a\":1,\"a\":2,\"a\":{}}",
        "{\"\\u0068ooks\":{\"Pre\\u0054oolUse\":[]}}",
        "{\"ключ\": \"знач\\\"ение\\\\\", \"emoji\": \"🪝\\ud83e\\ude9d\\ud800\", \"u\": \"\u{2028}\"}",
        "{\"n\": [-0, 1e400, 0.1E-7, 123456789012345678901234567890]}",
        "{\"disableAllHooks\": true}",
    ] {
        round(before);
    }
}

#[test]
fn large_and_deep_files() {
    let large = format!("{{\n  \"a\": [{}\"\"]\n}}\n", "\"some text to fill this\", ".repeat(50_000));
    assert!(large.len() > 1 << 20);
    round(&large);
    let deep = format!("{{\"a\": {}{}}}", "[".repeat(200_000), "]".repeat(200_000));
    round(&deep);
}

#[test]
fn what_is_not_json_is_refused_with_its_place() {
    refuse("{\n  \"a\": 1,\n}", "line 2, column 9: a comma with nothing behind it, which JSON does not allow");
    refuse("{\"a\": [1 , ]}", "line 1, column 10: a comma with nothing behind it, which JSON does not allow");
    refuse("{\n  // why\n  \"a\": 1\n}", "line 2, column 3: a comment, which JSON does not allow");
    refuse("{\"é\": /* x */ 1}", "line 1, column 7: a comment, which JSON does not allow");
    refuse("\u{feff}{} // end", "line 1, column 4: a comment, which JSON does not allow");
    refuse("{\"a\": 1 \"b\": 2}", "line 1, column 9: expected `,` or `}`");
    refuse("{\"a\": [1 2]}", "line 1, column 10: expected `,` or `]`");
    refuse("{a: 1}", "line 1, column 2: expected a key in double quotes");
    refuse("{'a': 1}", "line 1, column 2: expected a key in double quotes");
    refuse("{\"a\" 1}", "line 1, column 6: expected `:`");
    refuse("{\"a\": }", "line 1, column 7: expected a value");
    refuse("{\"a\": [,]}", "line 1, column 8: expected a value or `]`");
    refuse("{\"a\": tru}", "line 1, column 7: expected a value");
    refuse("{\"a\": 01}", "line 1, column 8: expected `,` or `}`");
    refuse("{\"a\": -}", "line 1, column 8: expected a digit");
    refuse("{\"a\": 1.}", "line 1, column 9: expected a digit");
    refuse("{\"a\": \"x\ny\"}", "line 1, column 9: expected no raw line break or control character in a string");
    refuse("{\"a\": \"\\x\"}", "line 1, column 8: expected an escape that JSON knows");
    refuse("{\"a\": \"\\u12g4\"}", "line 1, column 8: expected an escape that JSON knows");
    refuse("{\"a\": \"x", "line 1, column 9: expected the closing quote of a string");
    refuse("{\"a\": 1", "line 1, column 8: expected `,` or `}`");
    refuse("{} {}", "line 1, column 4: expected the end of the file");
}

#[test]
fn other_shapes_are_refused() {
    refuse("[]", "the top level is an array, not an object");
    refuse("null", "the top level is null, not an object");
    refuse("{\"hooks\": null}", "\"hooks\" is null, not an object");
    refuse("{\"hooks\": []}", "\"hooks\" is an array, not an object");
    refuse("{\"hooks\": {\"PreToolUse\": {}}}", "\"hooks\".\"PreToolUse\" is an object, not an array");
    refuse("{\"hooks\": {}, \"a\": 1, \"hooks\": {}}", "\"hooks\" stands there twice");
    refuse("{\"hooks\": {\"PreToolUse\": [], \"PreToolUse\": []}}", "\"PreToolUse\" stands there twice");
}

#[test]
fn a_lean_profile_and_back() {
    let before = "{\n  \"hooks\": {\n    \"PreToolUse\": [ ]\n  }\n}\n";
    let mut disk = Disk::holding(before);
    disk.install(&few(PROGRAM)).unwrap();
    let full = disk.clone();
    let mut lean = few(PROGRAM);
    lean.retain(|wanted| wanted.event == "SessionEnd");
    disk.install(&lean).unwrap();
    assert_eq!(disk.text().matches("tailhook-hook").count(), 1);
    assert!(disk.text().contains("\"PreToolUse\": [ ]"), "{}", disk.text());
    disk.install(&few(PROGRAM)).unwrap();
    assert_eq!(disk, full);
    disk.install(&lean).unwrap();
    disk.uninstall().unwrap();
    assert_eq!(disk, Disk::holding(before));
}

#[test]
fn edits_of_others_in_between_stay() {
    let mut disk = Disk::holding("{\n  \"a\": 1\n}\n");
    let original = disk.file.clone();
    disk.install(&few(PROGRAM)).unwrap();
    // A key before ours, one behind, a hook beside ours in our group, and one in a group of its own.
    let ours = "\"timeout\": 2\n          }";
    let edited = disk.text().replace("\"a\": 1", "\"a\" :1 , \"b\": [ ]").replace("\n}\n", ",\n\"z\": 0 }");
    let edited = edited.replace(ours, &format!("{ours}, {{\"command\": \"theirs\"}}"));
    disk.file = Some(edited);
    disk.uninstall().unwrap();
    insta::assert_snapshot!(disk.text(), @r#"
    {
      "a" :1 , "b": [ ],
      "hooks": {
        "SessionEnd": [
          {
            "hooks": [
              {"command": "theirs"}
            ]
          }
        ]
      },
    "z": 0 }
    "#);
    assert_eq!(disk.backup, original, "the only copy of that state");
    // The next installation starts from here.
    let before = disk.file.clone();
    disk.install(&few(PROGRAM)).unwrap();
    assert_eq!(disk.backup, before);
    disk.uninstall().unwrap();
    assert_eq!(disk, Disk { file: before, backup: None });
}

#[test]
fn a_file_that_we_created_stays_once_it_holds_something() {
    let mut disk = Disk::default();
    disk.install(&few(PROGRAM)).unwrap();
    disk.file = Some(disk.text().replacen('{', "{\n  \"theme\": \"dark\",", 1));
    disk.uninstall().unwrap();
    assert_eq!(disk, Disk::holding("{\n  \"theme\": \"dark\"\n}\n"));
}

#[test]
fn a_created_file_goes_even_after_an_update() {
    let mut disk = Disk::default();
    disk.install(&few("/old/tailhook-hook")).unwrap();
    disk.install(&few(PROGRAM)).unwrap();
    disk.uninstall().unwrap();
    assert_eq!(disk, Disk::default());
}

#[test]
fn a_stale_backup_is_not_believed() {
    let mut disk = Disk { file: None, backup: Some("{\"hooks\": {}}".to_owned()) };
    disk.install(&few(PROGRAM)).unwrap();
    disk.uninstall().unwrap();
    assert_eq!(disk, Disk::default());
    for stale in ["not json", "[]", "{\"hooks\": [1]}", "{\"hooks\": {\"PreToolUse\": {\"a\": 1}}}"] {
        let mut disk = Disk::holding("{\"a\":1}");
        disk.install(&few(PROGRAM)).unwrap();
        disk.backup = Some(stale.to_owned());
        disk.install(&few("/elsewhere/tailhook-hook")).unwrap();
        disk.uninstall().unwrap();
        assert!(["{\"a\":1}", "{\"a\":1,\"hooks\":{}}"].contains(&disk.text()), "{}", disk.text());
        assert_eq!(disk.backup.as_deref(), Some(stale));
    }
}

#[test]
fn entries_written_by_hand_are_taken_over_and_doubles_removed() {
    let before = r#"{
  "hooks": {
    "PreToolUse": [
      {"matcher": "Bash", "hooks": [{"type": "command", "command": "/old/tailhook-hook"}, {"command": "theirs"}]},
      {"hooks": [{"type": "command", "command": "/older/tailhook-hook claude-code"}]}
    ],
    "FileChanged": [{"matcher": "a", "hooks": [{"type": "command", "command": "/old/tailhook-hook"}]}]
  }
}"#;
    let mut disk = Disk::holding(before);
    disk.install(&few(PROGRAM)).unwrap();
    insta::assert_snapshot!(disk.text(), @r#"
    {
      "hooks": {
        "PreToolUse": [
          {"matcher": "Bash", "hooks": [{"type": "command", "command": "/opt/tailhook/tailhook-hook", "args": [], "timeout": 2, "async": true}, {"command": "theirs"}]}
        ],
        "SessionEnd": [
          {
            "hooks": [
              {
                "type": "command",
                "command": "/opt/tailhook/tailhook-hook",
                "args": [],
                "timeout": 2
              }
            ]
          }
        ]
      }
    }
    "#);
    assert_eq!(disk.backup.as_deref(), Some(before));
    disk.uninstall().unwrap();
    insta::assert_snapshot!(disk.text(), @r#"
    {
      "hooks": {
        "PreToolUse": [
          {"matcher": "Bash", "hooks": [{"command": "theirs"}]}
        ]
      }
    }
    "#);
}

#[test]
fn uninstalling_what_is_not_there_changes_nothing() {
    for text in ["", "{}", "{\"hooks\": null}", "{\"hooks\": {\"Stop\": [{\"hooks\": []}]}}"] {
        let mut disk = Disk { file: Some(text.to_owned()), backup: Some("kept".to_owned()) };
        let before = disk.clone();
        disk.uninstall().unwrap();
        assert_eq!(disk, before);
    }
    let mut disk = Disk::default();
    disk.uninstall().unwrap();
    assert_eq!(disk, Disk::default());
}
