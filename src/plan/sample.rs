//! What a sample of requests can say of a share.

/// How many standard deviations a sample may be off: more is seen once in sixteen thousand times.
const DEVIATIONS: f64 = 4.0;

/// How many of some requests are answered by the canary at a share in percent: at least, and at most.
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
        // 50, and 4 times 5.
        assert_eq!(bounds(100, 50), (30, 70));
        // 1000, and 4 times 30.
        assert_eq!(bounds(10_000, 10), (880, 1120));
        assert_eq!(bounds(10, 10).0, 0);
    }
}
