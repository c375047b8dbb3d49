//! Expressions of Jinja: which names they use, how, and through which filters.
//!
//! Names mean the same everywhere in one expression, so no tree is built of it: it is read from left to right, with the
//! grammar of Jinja's own parser, and what it uses is written down.

use crate::bounds::{DEEPEST_BRACKETS, LONGEST_PATH};
use crate::parser::Parser;
use crate::tokens::{Token, Word};

/// A name that is looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Use {
    pub(crate) name: String,
    /// With its attributes, up to where it is called.
    pub(crate) path: String,
    pub(crate) is_called: bool,
    /// Only asked whether it is true.
    pub(crate) is_asked: bool,
}

/// What an expression, or several of one tag, makes use of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Expression {
    pub(crate) uses: Vec<Use>,
    pub(crate) filters: Vec<String>,
    /// Tests that Jinja does not know.
    pub(crate) unknown_tests: Vec<String>,
}

impl Expression {
    /// Names, filters and tests.
    pub(crate) fn len(&self) -> usize {
        self.uses.len() + self.filters.len() + self.unknown_tests.len()
    }
}

/// What cannot be read, in a sentence.
pub(crate) type Words = String;

/// Names that are values.
pub(crate) const VALUES: &[&str] = &["true", "false", "none", "True", "False", "None"];
/// What can be asked with `is`, in Jinja 3.1.
const TESTS: &str = "boolean callable defined divisibleby eq equalto escaped even false filter float ge greaterthan gt in integer \
    iterable le lessthan lower lt mapping ne none number odd sameas sequence string test true undefined upper";
const COMPARING: &[&str] = &["==", "!=", ">", ">=", "<", "<="];
const COUNTING: &[&str] = &["+", "-", "~", "*", "/", "//", "%", "**"];

/// What is asked of an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Manner {
    /// `a if b else c` is allowed at the top.
    pub(crate) with_if: bool,
    /// It is a condition.
    pub(crate) is_asked: bool,
}

pub(crate) const VALUE: Manner = Manner { with_if: true, is_asked: false };
pub(crate) const CONDITION: Manner = Manner { with_if: false, is_asked: true };

impl Parser<'_> {
    /// Expressions with commas between them. `ends`: a word that ends them.
    pub(crate) fn tuple(&mut self, manner: Manner, ends: Option<&str>) -> Result<(), Words> {
        loop {
            self.expression(manner)?;
            let is_last = !self.skip(",");
            if is_last || self.is_at_end() || ends.is_some_and(|end| self.is_word(end)) {
                return Ok(());
            }
        }
    }

    pub(crate) fn expression(&mut self, manner: Manner) -> Result<(), Words> {
        let (mut in_if, mut open_ifs, mut may_negate, mut is_part) = (false, 0_usize, true, false);
        loop {
            while may_negate && self.skip_word("not") {}
            let first = self.found.uses.len();
            let is_asked = manner.is_asked || in_if;
            let is_plain = self.operand(is_asked)?;
            let operator = self.operator();
            let is_compared = is_part || matches!(operator, Some(Operator::Value));
            if !is_asked || is_compared || !is_plain {
                self.found.uses.iter_mut().skip(first).for_each(|found| found.is_asked = false);
            }
            match operator {
                Some(Operator::Value) => (may_negate, is_part) = (false, true),
                Some(Operator::Both) => (may_negate, is_part) = (true, false),
                None if manner.with_if && self.skip_word("if") => {
                    (in_if, open_ifs, may_negate, is_part) = (true, open_ifs + 1, true, false);
                }
                None if open_ifs > 0 && self.skip_word("else") => {
                    (in_if, open_ifs, may_negate, is_part) = (false, open_ifs - 1, true, false);
                }
                None => return Ok(()),
            }
        }
    }

    /// The operator between two operands, taken.
    fn operator(&mut self) -> Option<Operator> {
        let word = self.word(0)?;
        let (found, length) = match (word.token, self.written(word)) {
            (Token::Operator(operator), _) if COMPARING.contains(&operator) || COUNTING.contains(&operator) => {
                (Operator::Value, 1)
            }
            (Token::Name, "in") => (Operator::Value, 1),
            (Token::Name, "not") if self.name_ahead(1) == Some("in") => (Operator::Value, 2),
            (Token::Name, "and" | "or") => (Operator::Both, 1),
            _ => return None,
        };
        self.at += length;
        Some(found)
    }

    /// A value with what hangs on it. Answers whether it is bare: no sign before it, no filter or test behind.
    fn operand(&mut self, is_asked: bool) -> Result<bool, Words> {
        let mut is_plain = true;
        while self.skip("-") || self.skip("+") {
            is_plain = false;
        }
        let used = self.primary(is_asked)?;
        self.postfix(used)?;
        loop {
            if self.skip("|") {
                self.filter()?;
            } else if self.skip_word("is") {
                self.test()?;
            } else if !is_plain && self.is_next("(") {
                self.at += 1;
                self.arguments()?;
            } else {
                return Ok(is_plain);
            }
            is_plain = false;
        }
    }

    fn primary(&mut self, is_asked: bool) -> Result<Option<usize>, Words> {
        let Some(word) = self.word(0) else {
            return Err("an expression is expected, but the tag ends".to_owned());
        };
        match word.token {
            Token::Name => {
                self.at += 1;
                return Ok(self.looked_up(self.written(word), is_asked));
            }
            Token::Text => {
                while matches!(self.word(0), Some(Word { token: Token::Text, .. })) {
                    self.at += 1;
                }
            }
            Token::Integer | Token::Float => self.at += 1,
            Token::Operator("(") => {
                self.deeper(|parser| parser.until(")", |parser| parser.expression(Manner { with_if: true, is_asked })))?
            }
            Token::Operator("[") => self.deeper(|parser| parser.until("]", |parser| parser.expression(VALUE)))?,
            Token::Operator("{") => self.deeper(|parser| parser.until("}", Self::pair))?,
            Token::Operator(_) => return Err(format!("an expression is expected, but there is {}", self.here())),
        }
        Ok(None)
    }

    fn looked_up(&mut self, name: &str, is_asked: bool) -> Option<usize> {
        if VALUES.contains(&name) {
            return None;
        }
        let name: String = name.chars().take(LONGEST_PATH).collect();
        self.found.uses.push(Use { path: name.clone(), name, is_called: false, is_asked });
        Some(self.found.uses.len() - 1)
    }

    fn deeper(&mut self, read: impl FnOnce(&mut Self) -> Result<(), Words>) -> Result<(), Words> {
        if self.depth == DEEPEST_BRACKETS {
            return Err(format!("brackets lie more than {DEEPEST_BRACKETS} deep in each other"));
        }
        self.at += 1;
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    /// Items with commas between them, up to the closing bracket.
    fn until(&mut self, close: &str, mut item: impl FnMut(&mut Self) -> Result<(), Words>) -> Result<(), Words> {
        while !self.skip(close) {
            item(self)?;
            if !self.skip(",") && !self.is_next(close) {
                return Err(format!("`,` or `{close}` is expected, but there is {}", self.here()));
            }
        }
        Ok(())
    }

    fn pair(&mut self) -> Result<(), Words> {
        self.expression(VALUE)?;
        self.expect(":")?;
        self.expression(VALUE)
    }

    /// Attributes, subscripts and calls. `used`: the name they belong to, to be completed.
    fn postfix(&mut self, used: Option<usize>) -> Result<(), Words> {
        let begin = self.at.checked_sub(1);
        // Of the name, as long as it is followed.
        let mut end = used.and(self.behind());
        let mut is_called = false;
        loop {
            if self.skip(".") {
                match self.word(0) {
                    Some(Word { token: Token::Name | Token::Integer, .. }) => self.at += 1,
                    _ => return Err(format!("an attribute is expected behind `.`, but there is {}", self.here())),
                }
            } else if self.is_next("[") {
                // Jinja takes nothing between the brackets for an empty tuple.
                self.deeper(|parser| parser.until("]", Self::slice))?;
            } else if self.is_next("(") {
                is_called = true;
                self.deeper(|parser| parser.arguments_inside())?;
            } else {
                break;
            }
            end = end.filter(|_| !is_called).and(self.behind()).or(end);
        }
        let from = begin.and_then(|begin| self.words.get(begin)).map(|word| word.from);
        if let (Some(index), Some(from), Some(to)) = (used, from, end) {
            let path: String = self.text.get(from..to).unwrap_or_default().split_whitespace().collect();
            if let Some(found) = self.found.uses.get_mut(index) {
                found.path = path.chars().take(LONGEST_PATH).collect();
                found.is_called = is_called;
            }
        }
        Ok(())
    }

    fn slice(&mut self) -> Result<(), Words> {
        let is_bound = |parser: &Self| [":", "]", ","].iter().any(|end| parser.is_next(end));
        if !self.is_next(":") {
            self.expression(VALUE)?;
        }
        for _ in 0..2 {
            if self.skip(":") && !is_bound(self) {
                self.expression(VALUE)?;
            }
        }
        Ok(())
    }

    /// The arguments of a call, behind its bracket.
    fn arguments(&mut self) -> Result<(), Words> {
        self.at -= 1;
        self.deeper(|parser| parser.arguments_inside())
    }

    fn arguments_inside(&mut self) -> Result<(), Words> {
        let mut is_named = false;
        self.until(")", |parser| {
            if parser.skip("*") || parser.skip("**") {
                is_named = true;
            } else if parser.name_ahead(0).is_some() && parser.is_operator_ahead(1, "=") {
                parser.at += 2;
                is_named = true;
            } else if is_named {
                return Err(format!("an argument without a name stands behind named ones, at {}", parser.here()));
            }
            parser.expression(VALUE)
        })
    }

    fn dotted(&mut self) -> Result<String, Words> {
        let mut name = self.name()?.to_owned();
        while self.skip(".") {
            name = format!("{name}.{}", self.name()?);
        }
        Ok(name.chars().take(LONGEST_PATH).collect())
    }

    /// A filter, behind its `|`.
    pub(crate) fn filter(&mut self) -> Result<(), Words> {
        let name = self.dotted()?;
        self.found.filters.push(name);
        if self.skip("(") { self.arguments() } else { Ok(()) }
    }

    /// A test, behind its `is`.
    fn test(&mut self) -> Result<(), Words> {
        self.skip_word("not");
        let name = self.dotted()?;
        if !TESTS.split(' ').any(|test| test == name) {
            self.found.unknown_tests.push(name);
        }
        if self.skip("(") {
            return self.arguments();
        }
        let has_argument = match self.word(0).map(|word| (word.token, self.written(word))) {
            Some((Token::Name, "is")) => return Err("tests with `is` cannot stand one behind the other".to_owned()),
            Some((Token::Name, written)) => !matches!(written, "else" | "or" | "and"),
            Some((Token::Operator(operator), _)) => matches!(operator, "[" | "{"),
            Some(_) => true,
            None => false,
        };
        if has_argument {
            let used = self.primary(false)?;
            self.postfix(used)?;
        }
        Ok(())
    }
}

/// What stands between two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    /// A value comes of both: compared, counted.
    Value,
    /// `and`, `or`.
    Both,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokens::cut;

    fn read(text: &str, manner: Manner) -> Result<Expression, Words> {
        let source = format!("{text} }}}}");
        let cut = cut(&source, 0, "}}").map_err(|error| format!("{error:?}"))?;
        let mut parser = Parser::new(&source, &cut.words);
        parser.tuple(manner, None)?;
        parser.finish().map(|()| parser.found)
    }

    fn paths(text: &str) -> Vec<String> {
        let uses = read(text, VALUE).unwrap_or_else(|words| panic!("{text}: {words}")).uses;
        uses.into_iter().map(|used| used.path + if used.is_called { "()" } else { "" }).collect()
    }

    #[test]
    fn names_are_found_with_their_attributes() {
        assert_eq!(paths("client . name.full(a, b=c.d).x[e]"), ["client.name.full()", "a", "c.d", "e"]);
        assert_eq!(paths("a[0].b['k'] + b[i:j] ~ 'x' 'y'"), ["a[0].b['k']", "b[i:j]", "i", "j"]);
        assert_eq!(paths("a if b is defined else c if d"), ["a", "b", "c", "d"]);
        assert_eq!(
            paths("[a, {'x': b, c: (d, e,)}] | join(f) is divisibleby g, not h"),
            ["a", "b", "c", "d", "e", "f", "g", "h"]
        );
        assert_eq!(paths("a not in b and not true or -c ** 2 | round"), ["a", "b", "c"]);
        assert_eq!(paths("f(*a, **b)(c) | g.h(d)"), ["f()", "a", "b", "c", "d"]);
    }

    #[test]
    fn what_jinja_refuses_is_refused() {
        for text in
            ["", "a b", "a +", "a == not b", "a.", "a[", "f(a=1, 2)", "a | ", "a is b is c", "{1}", "a, , b", "a | 3"]
        {
            assert!(read(text, VALUE).is_err(), "{text}");
        }
        assert!(read("a if b", CONDITION).is_err());
        assert_eq!(read("a b", VALUE).unwrap_err(), "the tag should end before `b`");
    }

    #[test]
    fn conditions_ask_of_bare_names_alone() {
        let asked = |text, manner| -> Vec<String> {
            let uses = read(text, manner).unwrap().uses;
            uses.into_iter().filter(|used| used.is_asked).map(|used| used.path).collect()
        };
        assert_eq!(
            asked("a and not (b or c.d) and e == 1 and f | length and g is defined", CONDITION),
            ["a", "b", "c.d"]
        );
        assert_eq!(asked("x if y else z", VALUE), ["y"]);
    }
}
