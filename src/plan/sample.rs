//! How far the count of a sample may differ from a weight.

/// How many standard deviations a sample may differ from the weight; a correct split fails once in 16,000
/// samples.
const DEVIATIONS: f64 = 4.0;

/// Returns the minimum and the maximum number of requests that the canary answers at a percentage.
#[must_use]
pub fn bounds(requests: u16, percent: u16) -> (u16, u16) {
    let (all, share) = (f64::from(requests), f64::from(percent) / 100.0);
    let (mean, off) = (
        all * share,
        DEVIATIONS * (all * share * (1.0 - share)).sqrt(),
    );
    let least = (mean - off).ceil().max(0.0);
    let most = (mean + off).floor().min(all);
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "both lie between 0 and the number of requests"
    )]
    let whole = |number: f64| number as u16;
    (whole(least), whole(most))
}

#[cfg(test)]
mod tests {
    use super::bounds;

    #[test]
    fn bounds_are_as_wide_as_the_sample_is_small() {
        assert_eq!(bounds(100, 0), (0, 0));
        assert_eq!(bounds(100, 100), (100, 100));
        // 50, plus or minus 4 times 5.
        assert_eq!(bounds(100, 50), (30, 70));
        // 1000, plus or minus 4 times 30.
        assert_eq!(bounds(10_000, 10), (880, 1120));
        assert_eq!(bounds(10, 10).0, 0);
    }
}
