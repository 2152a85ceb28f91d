//! The codec and nothing else, for `bench-instructions` to count: `bench-frame encode|decode BYTES TIMES`.

use std::hint::black_box;

use anyhow::{Context, Result, bail};
use bench_report::payload;
use tailhook_journal::{Flags, Frame};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [what, bytes, times] = &arguments[..] else { bail!("bench-frame encode|decode BYTES TIMES") };
    let (payload, times) = (payload::of_size(bytes.parse()?), times.parse::<u32>()?);
    let frame = Frame {
        flags: Flags::default(),
        pid: 4_242,
        ppid: 4_241,
        hook_ns: 20_000,
        stamp_ns: 1_795_312_800_000_000_000,
        total_bytes: payload.len() as u64,
        agent: b"claude-code",
        event: b"",
        payload: &payload,
        stages: None,
    };
    let encoded = [&frame.header(&[])[..], &payload, frame.agent].concat();
    for _ in 0..times {
        match what.as_str() {
            "encode" => {
                black_box(black_box(&frame).header(&[]));
            }
            "decode" => {
                black_box(Frame::decode(black_box(&encoded)).ok().context("not a frame")?);
            }
            other => bail!("unknown {other}; known: encode, decode"),
        }
    }
    Ok(())
}
