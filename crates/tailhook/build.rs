//! Trains the dictionary that payloads are compressed with, from the payloads that were recorded from real agents.
//!
//! A payload is a few hundred bytes, most of which every payload of its kind has: without a dictionary compression finds
//! nothing to refer to. Nothing generated is kept in the repository, and a store keeps a copy of the dictionary it uses.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use serde_json::{Value, json};

/// Larger ones save little more and cost each commit more of the processor's cache.
const DICTIONARY_BYTES: usize = 16 << 10;

#[expect(clippy::disallowed_methods, reason = "how cargo tells a build script where to write")]
fn main() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tailhook-core/fixtures");
    println!("cargo::rerun-if-changed={}", fixtures.display());
    println!("cargo::rerun-if-changed=build.rs");
    let mut files = Vec::new();
    find(&fixtures, &mut files);
    files.sort();
    let mut samples = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).expect("a recording");
        samples.extend(text.lines().map(|payload| sample(payload).into_bytes()));
    }
    let dictionary = zstd::dict::from_samples(&samples, DICTIONARY_BYTES).expect("enough recordings");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo says where"));
    fs::write(out.join("payloads.dictionary"), dictionary).expect("OUT_DIR can be written");
}

fn find(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the recordings").flatten() {
        let path = entry.path();
        if path.is_dir() {
            find(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "jsonl") {
            files.push(path);
        }
    }
}

/// About what the store compresses: the essential fields as they are written, then the payload.
fn sample(payload: &str) -> String {
    let fields: Value = serde_json::from_str(payload).unwrap_or_default();
    let mut data = String::new();
    for (name, field) in [
        ("event", "hook_event_name"),
        ("tool_name", "tool_name"),
        ("tool_use_id", "tool_use_id"),
        ("agent_id", "agent_id"),
        ("agent_type", "agent_type"),
        ("cwd", "cwd"),
        ("prompt_id", "prompt_id"),
        ("permission_mode", "permission_mode"),
        ("model", "model"),
        ("duration_ms", "duration_ms"),
        ("summary", "prompt"),
    ] {
        if let Some(value) = fields.get(field) {
            let lead = if data.is_empty() { '{' } else { ',' };
            let _ = write!(data, "{lead}{}:{value}", json!(name));
        }
    }
    format!("{data},\"truncated\":false,\"bytes\":{},\"hook_us\":21,\"delivery_us\":94}}{payload}", payload.len())
}
