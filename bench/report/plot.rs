//! A plot as SVG: horizontal bars up to the median, a whisker to the 99th percentile, a logarithmic axis. No script; it
//! follows the reader's choice of light or dark.

use std::fmt::Write as _;

use crate::table::time_text;

const WIDTH: f64 = 860.0;
const LABEL_WIDTH: f64 = 268.0;
const VALUE_WIDTH: f64 = 150.0;
const TOP: f64 = 62.0;
const ROW: f64 = 26.0;
const BAR: f64 = 14.0;

const STYLE: &str = "
  .plot { --ink: #1f2328; --dim: #59636e; --rule: #d1d9e0; --ours: #0969da; --floor: #818b98; --peer: #d4a72c; }
  @media (prefers-color-scheme: dark) {
    .plot { --ink: #e6edf3; --dim: #9198a1; --rule: #3d444d; --ours: #4493f8; --floor: #656c76; --peer: #bb8009; }
  }
  text { font: 12px ui-sans-serif, system-ui, sans-serif; fill: var(--ink); }
  .title { font-size: 15px; font-weight: 600; }
  .dim { fill: var(--dim); font-size: 11px; }
  .rule { stroke: var(--rule); stroke-width: 1; }
  .whisker { stroke: var(--ink); stroke-width: 1.2; fill: none; }
  .ours { fill: var(--ours); } .floor { fill: var(--floor); } .peer { fill: var(--peer); }
  .bold { font-weight: 600; }
";

/// Whose bar it is: decides its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Nobody can be faster.
    Floor,
    /// tailhook.
    Ours,
    /// Another way.
    Peer,
}

/// One bar, microseconds.
#[derive(Debug, Clone)]
pub struct Bar {
    /// Stands at the left.
    pub label: String,
    /// Its colour.
    pub kind: Kind,
    /// Length of the bar.
    pub p50_us: f64,
    /// End of the whisker.
    pub p99_us: f64,
}

/// A logarithmic axis from one power of ten to another.
struct Axis {
    from: i32,
    to: i32,
}

impl Axis {
    fn over(bars: &[Bar]) -> Self {
        let least = bars.iter().map(|bar| bar.p50_us).fold(f64::INFINITY, f64::min).max(0.001);
        let most = bars.iter().map(|bar| bar.p99_us).fold(1.0, f64::max);
        let from = (least * 0.8).log10().floor() as i32;
        Self { from, to: (most.log10().ceil() as i32).max(from + 1) }
    }

    fn x(&self, us: f64) -> f64 {
        let part = (us.max(1e-9).log10() - f64::from(self.from)) / f64::from(self.to - self.from);
        LABEL_WIDTH + part.clamp(0.0, 1.0) * (WIDTH - LABEL_WIDTH - VALUE_WIDTH)
    }
}

/// Draws the bars in the order given. `note` stands below the axis.
pub fn draw(title: &str, subtitle: &str, note: &str, bars: &[Bar]) -> String {
    let axis = Axis::over(bars);
    let bottom = TOP + bars.len() as f64 * ROW;
    let height = bottom + 58.0;
    let mut svg = String::new();
    let _ = write!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" class=\"plot\" role=\"img\" \
         aria-label=\"{label}\">\n<style>{STYLE}</style>\n\
         <text x=\"8\" y=\"22\" class=\"title\">{label}</text>\n<text x=\"8\" y=\"42\" class=\"dim\">{}</text>\n",
        escape(subtitle),
        label = escape(title),
    );
    draw_axis(&mut svg, &axis, bottom);
    for (at, bar) in bars.iter().enumerate() {
        draw_bar(&mut svg, &axis, bar, TOP + at as f64 * ROW);
    }
    let _ = write!(svg, "<text x=\"8\" y=\"{}\" class=\"dim\">{}</text>\n</svg>\n", bottom + 46.0, escape(note));
    svg
}

fn draw_axis(svg: &mut String, axis: &Axis, bottom: f64) {
    for power in axis.from..=axis.to {
        let us = 10_f64.powi(power);
        let x = axis.x(us);
        let _ = writeln!(
            svg,
            "<line x1=\"{x:.1}\" y1=\"{TOP}\" x2=\"{x:.1}\" y2=\"{bottom}\" class=\"rule\"/>\
             <text x=\"{x:.1}\" y=\"{}\" class=\"dim\" text-anchor=\"middle\">{}</text>",
            bottom + 18.0,
            tick_text(us),
        );
    }
}

fn draw_bar(svg: &mut String, axis: &Axis, bar: &Bar, top: f64) {
    let (start, end, far) = (LABEL_WIDTH, axis.x(bar.p50_us), axis.x(bar.p99_us));
    let middle = top + ROW / 2.0;
    let (class, weight) = match bar.kind {
        Kind::Floor => ("floor", ""),
        Kind::Ours => ("ours", "bold"),
        Kind::Peer => ("peer", ""),
    };
    let _ = writeln!(
        svg,
        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\" class=\"{weight}\">{}</text>\
         <rect x=\"{start}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{BAR}\" rx=\"2\" class=\"{class}\"/>\
         <path d=\"M{end:.1} {middle:.1}H{far:.1}M{far:.1} {:.1}v8\" class=\"whisker\"/>\
         <text x=\"{:.1}\" y=\"{:.1}\">{} <tspan class=\"dim\">p99 {}</tspan></text>",
        start - 10.0,
        middle + 4.0,
        escape(&bar.label),
        middle - BAR / 2.0,
        (end - start).max(1.0),
        middle - 4.0,
        far + 8.0,
        middle + 4.0,
        time_text(bar.p50_us),
        time_text(bar.p99_us),
    );
}

fn tick_text(us: f64) -> String {
    match us {
        us if us < 1_000.0 => format!("{us} us"),
        us if us < 1e6 => format!("{} ms", us / 1e3),
        us => format!("{} s", us / 1e6),
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(p50_us: f64, p99_us: f64) -> Bar {
        Bar { label: "a <b> & c".into(), kind: Kind::Ours, p50_us, p99_us }
    }

    #[test]
    fn the_axis_holds_all_bars() {
        let axis = Axis::over(&[bar(186.0, 400.0), bar(90_000.0, 120_000.0)]);
        assert_eq!((axis.from, axis.to), (2, 6));
        assert!((axis.x(100.0) - LABEL_WIDTH).abs() < 1e-9);
        assert!((axis.x(1e6) - (WIDTH - VALUE_WIDTH)).abs() < 1e-9);
    }

    #[test]
    fn text_is_escaped_and_nothing_runs() {
        let svg = draw("Title", "below", "note", &[bar(200.0, 300.0)]);
        assert!(svg.contains("a &lt;b&gt; &amp; c") && !svg.contains("<script"));
        assert!(svg.contains("prefers-color-scheme: dark"));
    }
}
