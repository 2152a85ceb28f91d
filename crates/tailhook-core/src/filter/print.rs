//! From an expression to text that parses to the same.

use std::fmt::{self, Display, Formatter};

use jiff::Timestamp;

use super::expression::{Expression, Node, Test};
use super::field::{Name, Number};

impl Display for Expression {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Node::Any(nodes) => join(f, nodes, " OR "),
            node => write_node(f, node),
        }
    }
}

fn write_node(f: &mut Formatter<'_>, node: &Node) -> fmt::Result {
    match node {
        Node::All(nodes) => join(f, nodes, " AND "),
        Node::Any(nodes) => {
            f.write_str("(")?;
            join(f, nodes, " OR ")?;
            f.write_str(")")
        }
        Node::Not(node) if matches!(**node, Node::All(_)) => {
            f.write_str("NOT (")?;
            write_node(f, node)?;
            f.write_str(")")
        }
        Node::Not(node) => {
            f.write_str("NOT ")?;
            write_node(f, node)
        }
        Node::Test(test) => write_test(f, test),
    }
}

fn join(f: &mut Formatter<'_>, nodes: &[Node], between: &str) -> fmt::Result {
    for (at, node) in nodes.iter().enumerate() {
        if at > 0 {
            f.write_str(between)?;
        }
        write_node(f, node)?;
    }
    Ok(())
}

fn write_test(f: &mut Formatter<'_>, test: &Test) -> fmt::Result {
    let name = test.name().map_or("", Name::text);
    match test {
        Test::Is(_, pattern) => {
            write!(f, "{name}:")?;
            write_value(f, &pattern.value, pattern.prefix)
        }
        Test::Summary(phrase) => {
            write!(f, "{name}:")?;
            write_value(f, &phrase.written, phrase.prefix)
        }
        Test::Flag(_) => f.write_str(name),
        Test::Compare(number, comparison, than) => {
            write!(f, "{name}{}", comparison.sign())?;
            write_number(f, *number, *than)
        }
        Test::Text(phrase) => write_value(f, &phrase.written, phrase.prefix),
    }
}

fn write_value(f: &mut Formatter<'_>, value: &str, prefix: bool) -> fmt::Result {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/');
    // These mean something of their own where they stand alone.
    let is_word = !matches!(value, "AND" | "OR" | "NOT" | "failed" | "truncated");
    if is_word && value.chars().all(plain) {
        f.write_str(value)?;
    } else {
        write!(f, "\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))?;
    }
    f.write_str(if prefix { "*" } else { "" })
}

fn write_number(f: &mut Formatter<'_>, number: Number, value: u64) -> fmt::Result {
    match number {
        Number::Duration => {
            let (scale, unit) = match value {
                whole if whole % 1_000_000 == 0 => (1_000_000, "s"),
                whole if whole % 1_000 == 0 => (1_000, "ms"),
                _ => (1, "us"),
            };
            write!(f, "{}{unit}", value / scale)
        }
        Number::Time => match Timestamp::from_nanosecond(i128::from(value)) {
            Ok(moment) => write!(f, "{moment}"),
            Err(_) => write!(f, "{}", Timestamp::MAX),
        },
        _ => write!(f, "{value}"),
    }
}
