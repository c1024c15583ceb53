//! Parses durations such as `90s`, `15m` and `1h30m`.

/// Returns the seconds of a duration; `None` if it is not valid, zero, or more than a week.
#[must_use]
pub fn parse_duration(text: &str) -> Option<u64> {
    const WEEK: u64 = 7 * 24 * 3600;
    let mut seconds: u64 = 0;
    let mut rest = text;
    let mut last_unit = u64::MAX;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: u64 = rest[..digits].parse().ok()?;
        let unit = match rest[digits..].chars().next()? {
            'h' => 3600,
            'm' => 60,
            's' => 1,
            _ => return None,
        };
        if unit >= last_unit {
            return None;
        }
        last_unit = unit;
        seconds = seconds.checked_add(number.checked_mul(unit)?)?;
        rest = &rest[digits + 1..];
    }
    (1..=WEEK).contains(&seconds).then_some(seconds)
}

#[cfg(test)]
mod tests {
    use super::parse_duration;

    #[test]
    fn durations_are_numbers_with_falling_units() {
        assert_eq!(parse_duration("15m"), Some(900));
        assert_eq!(parse_duration("1h30m"), Some(5400));
        assert_eq!(parse_duration("90s"), Some(90));
        for text in [
            "",
            "15",
            "m",
            "0s",
            "15 m",
            "30m1h",
            "1m1m",
            "1d",
            "-5m",
            "99999999999999999999s",
            "200h",
        ] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }
}
