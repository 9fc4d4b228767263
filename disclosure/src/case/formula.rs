//! Table formulas as R writes them: `~(region + fylke) * hovedint` is a list of margins.

use std::collections::BTreeSet;

use super::error::SpecificationFault as Fault;

/// The columns of one margin.
pub(super) type Margin = BTreeSet<String>;
/// Margins in the order they are first named.
type Terms = Vec<Margin>;

/// The margins of a formula, the grand total first unless it is taken out with `- 1` or `0 +`.
pub(super) fn margins(formula: &str) -> Result<Vec<Margin>, Fault> {
    let tokens = tokens(formula)?;
    let mut reader = Reader { tokens: &tokens, at: 0 };
    if reader.peek() == Some("~") {
        reader.at += 1;
    }
    let mut terms = vec![Margin::new()];
    reader.sum_into(&mut terms)?;
    match reader.peek() {
        None => {}
        Some(token) => return Err(Fault::Formula(format!("unexpected `{token}`"))),
    }
    terms.sort_by_key(BTreeSet::len);
    Ok(terms)
}

fn tokens(formula: &str) -> Result<Vec<String>, Fault> {
    let mut tokens = Vec::new();
    let mut rest = formula.chars().peekable();
    while let Some(c) = rest.next() {
        if c.is_whitespace() {
            continue;
        }
        if "~+-*:()".contains(c) {
            tokens.push(c.to_string());
        } else if c.is_alphanumeric() || c == '_' || c == '.' {
            let mut name = c.to_string();
            while let Some(next) = rest.next_if(|c| c.is_alphanumeric() || *c == '_' || *c == '.') {
                name.push(next);
            }
            tokens.push(name);
        } else if c == '`' {
            tokens.push(rest.by_ref().take_while(|c| *c != '`').collect());
        } else {
            return Err(Fault::Formula(format!("`{c}` is not understood; use + - * : and ()")));
        }
    }
    Ok(tokens)
}

struct Reader<'a> {
    tokens: &'a [String],
    at: usize,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<&'a str> {
        self.tokens.get(self.at).map(String::as_str)
    }

    fn take(&mut self, wanted: &str) -> bool {
        let found = self.peek() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    /// `a + b - c`, added to and taken from `terms`.
    fn sum_into(&mut self, terms: &mut Terms) -> Result<(), Fault> {
        let mut minus = self.take("-");
        loop {
            let product = self.product()?;
            let zero = product.len() == 1 && product.iter().any(|m| m.contains("0"));
            for margin in product {
                if minus || zero {
                    let gone = if zero { Margin::new() } else { margin };
                    terms.retain(|term| *term != gone);
                } else if !terms.contains(&margin) {
                    terms.push(margin);
                }
            }
            if self.take("+") {
                minus = false;
            } else if self.take("-") {
                minus = true;
            } else {
                return Ok(());
            }
        }
    }

    /// `a * b`: both and their crossing.
    fn product(&mut self) -> Result<Terms, Fault> {
        let mut left = self.crossing()?;
        while self.take("*") {
            let right = self.crossing()?;
            let crossed = cross(&left, &right);
            for margin in right.into_iter().chain(crossed) {
                if !left.contains(&margin) {
                    left.push(margin);
                }
            }
        }
        Ok(left)
    }

    /// `a : b`: the crossing alone.
    fn crossing(&mut self) -> Result<Terms, Fault> {
        let mut left = self.atom()?;
        while self.take(":") {
            left = cross(&left, &self.atom()?);
        }
        Ok(left)
    }

    fn atom(&mut self) -> Result<Terms, Fault> {
        if self.take("(") {
            let mut terms = Terms::new();
            self.sum_into(&mut terms)?;
            return if self.take(")") {
                Ok(terms)
            } else {
                Err(Fault::Formula("a `)` is missing".to_owned()))
            };
        }
        let Some(token) = self.peek() else {
            return Err(Fault::Formula("it ends too early".to_owned()));
        };
        if token.len() == 1 && "~+-*:)".contains(token) {
            return Err(Fault::Formula(format!("unexpected `{token}`")));
        }
        self.at += 1;
        Ok(if token == "1" { vec![Margin::new()] } else { vec![Margin::from([token.to_owned()])] })
    }
}

fn cross(left: &[Margin], right: &[Margin]) -> Terms {
    let mut terms = Terms::new();
    for a in left {
        for b in right {
            let both: Margin = a.union(b).cloned().collect();
            if !terms.contains(&both) {
                terms.push(both);
            }
        }
    }
    terms
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelled(formula: &str) -> Vec<String> {
        let join = |margin: &Margin| margin.iter().cloned().collect::<Vec<_>>().join(":");
        margins(formula).unwrap().iter().map(join).collect()
    }

    #[test]
    fn a_star_is_both_and_their_crossing() {
        assert_eq!(spelled("~a*b"), ["", "a", "b", "a:b"]);
        assert_eq!(spelled("~(r+f)*h"), ["", "r", "f", "h", "h:r", "f:h"]);
        assert_eq!(spelled("~a:b + c"), ["", "c", "a:b"]);
        assert_eq!(spelled("~a*b - a"), ["", "b", "a:b"]);
        assert_eq!(spelled("~0 + a"), ["a"]);
        assert_eq!(spelled("~a*b*c").len(), 8);
    }

    #[test]
    fn a_formula_that_does_not_parse_is_refused() {
        for formula in ["~", "~a+", "~(a", "~a)", "~a^2", "~a**b", "~+"] {
            assert!(margins(formula).is_err(), "{formula}");
        }
    }
}
