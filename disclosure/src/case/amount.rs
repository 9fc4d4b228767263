//! Decimal numbers as whole ones with a scale; no binary fraction ever touches an amount.

/// Digits and the number of them after the point; `None` for anything but a plain decimal number.
pub(super) fn parse(text: &str) -> Option<(i64, u32)> {
    let text = text.trim();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !plain(whole) || !plain(fraction) {
        return None;
    }
    let fraction = fraction.trim_end_matches('0');
    let decimals = u32::try_from(fraction.len()).ok()?;
    let number = format!("{sign}{whole}{fraction}").parse().ok()?;
    (decimals <= 15).then_some((number, decimals))
}

/// `number · 10^by`.
pub(super) fn shift(number: i64, by: u32) -> Option<i64> {
    number.checked_mul(10_i64.checked_pow(by)?)
}

/// The number as text.
pub(super) fn show(number: i64, decimals: u32) -> String {
    if decimals == 0 {
        return number.to_string();
    }
    let places = decimals as usize;
    let digits = format!("{:0>width$}", number.unsigned_abs(), width = places + 1);
    let (whole, fraction) = digits.split_at(digits.len() - places);
    let fraction = fraction.trim_end_matches('0');
    let sign = if number < 0 { "-" } else { "" };
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{whole}{point}{fraction}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_survive_a_round_trip() {
        for text in ["75.9", "0.05", "-3.25", "12", "0", "-7"] {
            let (number, decimals) = parse(text).unwrap();
            assert_eq!(show(number, decimals), text);
        }
        assert_eq!(show(shift(759, 2).unwrap(), 3), "75.9");
    }

    #[test]
    fn anything_else_is_no_amount() {
        for text in ["", "NaN", "inf", "1e3", "1,5", "--1", ".5", "1.2.3", "9223372036854775808"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
