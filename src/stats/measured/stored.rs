//! How state is stored, so that it is small and can be added up elsewhere.

/// Values whose order does not matter: ascending, each as its difference to the one before.
pub mod unordered {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

    pub fn serialize<S: Serializer>(values: &[u64], serializer: S) -> Result<S::Ok, S::Error> {
        let mut sorted = values.to_vec();
        sorted.sort_unstable();
        let mut before = 0;
        for value in &mut sorted {
            (*value, before) = (*value - before, *value);
        }
        sorted.serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u64>, D::Error> {
        let mut values = Vec::<u64>::deserialize(deserializer)?;
        let mut before = 0_u64;
        for value in &mut values {
            let sum = before.checked_add(*value);
            *value = sum.ok_or_else(|| de::Error::custom("a value is too large"))?;
            before = *value;
        }
        Ok(values)
    }
}

#[cfg(test)]
mod tests {
    use crate::stats::Sample;

    /// A sample of these values, stored and read again.
    fn restored(sample: &Sample) -> Sample {
        let text = serde_json::to_string(sample).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn a_stored_sample_says_what_the_sample_said() {
        let few = [0, 0, 7, u64::MAX, 5, 1 << 40].to_vec();
        let many: Vec<u64> = (0..100_000_u64).map(|number| number * number % 7_000_000).collect();
        let full = std::iter::repeat_n(77_777, 200_000).collect();
        for values in [Vec::new(), few, many, full] {
            let mut sample = Sample::with_deviation();
            sample.record(values);
            let (stored, shares) = (restored(&sample), [1, 500, 990, 1000]);
            assert_eq!(stored.percentiles(shares), sample.percentiles(shares));
            assert_eq!((stored.count(), stored.min(), stored.max()), (sample.count(), sample.min(), sample.max()));
            assert_eq!((stored.mean(), stored.stddev()), (sample.mean(), sample.stddev()));
        }
    }

    #[test]
    fn what_is_no_histogram_is_refused() {
        let with_bins = |bins: &str| {
            let sums = r#"{"count":1,"sum":1,"sum_of_squares":null,"min":1,"max":1}"#;
            let text = format!(r#"{{"values":[],"binned":{{"bins":{bins},"sums":{sums}}},"with_deviation":false}}"#);
            serde_json::from_str::<Sample>(&text)
        };
        assert!(with_bins("[1,1,70000,5]").is_err(), "there is no such bin");
        assert!(with_bins("[1]").is_err() && with_bins("[1,-1]").is_err());
        assert!(with_bins("[18446744073709551615,1,1,1]").is_err());
        assert!(with_bins("[1,1]").is_ok());
    }
}
