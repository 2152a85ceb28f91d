//! The files of the web page, embedded where the build found npm.
//!
//! A debug build reads them from disk each time, so that a page rebuilt by `npm run build` shows at once.

use std::fmt::Write as _;

use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "page/dist"]
#[allow_missing = true]
struct Files;

/// One file of the page.
#[derive(Debug, Clone)]
pub struct File {
    /// As a browser wants to hear it, e.g. `text/html; charset=utf-8`.
    pub content_type: String,
    /// Its bytes.
    pub content: Vec<u8>,
    /// The same compressed, where that was made at build time.
    pub gzip: Option<Vec<u8>>,
    /// Changes when the content does.
    pub etag: String,
    /// The name holds a hash of the content, so it never changes under this name.
    pub immutable: bool,
}

/// What stands in place of the page in a build that had no npm.
pub const NOT_BUILT: &str = "This tailhook was built without its web page, because npm was not there. \
    Install Node.js 20 or later and run <code>make build</code> again.";

/// A file by its path below the page's root, e.g. `index.html`.
pub fn file(path: &str) -> Option<File> {
    let found = Files::get(path)?;
    let kind = found.metadata.mimetype();
    let content_type = if kind.starts_with("text/") { format!("{kind}; charset=utf-8") } else { kind.to_owned() };
    let etag = found.metadata.sha256_hash()[..16].iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    });
    Some(File {
        content_type,
        content: found.data.into_owned(),
        gzip: Files::get(&format!("{path}.gz")).map(|found| found.data.into_owned()),
        etag,
        immutable: path.starts_with("assets/"),
    })
}
