//! Which class a request has, by the weights of the classes.

/// The weights of all classes.
#[derive(Clone, Debug)]
pub(super) struct Weights {
    /// For each class, the sum of the weights up to and including it.
    sums: Vec<f64>,
    /// For each of 2^n equal parts of [0, 1), the class of its beginning.
    first_of_parts: Vec<u16>,
}

impl Weights {
    /// These weights, of which not all are 0.
    pub fn new(weights: impl Iterator<Item = f64>) -> Self {
        let sums: Vec<f64> = weights
            .scan(0.0, |sum, weight| {
                *sum += weight;
                Some(*sum)
            })
            .collect();
        let parts = sums.len().next_power_of_two();
        let mut weights = Self { sums, first_of_parts: vec![0; parts] };
        for part in 0..parts {
            weights.first_of_parts[part] = weights.find(part as f64 / parts as f64, 0) as u16;
        }
        weights
    }

    /// The class at a point of [0, 1). As there are about as many parts as classes, a step or two lead to it.
    #[inline]
    pub fn choose(&self, point: f64) -> usize {
        // Exact, since there are 2^n parts; and rounding keeps the order, so the class is not before the first of its part.
        let part = (point * self.first_of_parts.len() as f64) as usize;
        self.find(point, usize::from(self.first_of_parts[part]))
    }

    /// The class at a point, which is not before that one.
    #[inline]
    fn find(&self, point: f64, first: usize) -> usize {
        let total = self.sums.last().copied().unwrap_or(0.0);
        let point = point * total;
        match self.sums[first..].iter().position(|sum| *sum > point) {
            Some(place) => first + place,
            // Rounding may put the point on the sum itself: then it is the last class that has a weight.
            None => self.sums.iter().position(|sum| *sum >= total).unwrap_or(0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The class by a search through all.
    fn searched(weights: &[f64], point: f64) -> usize {
        let sums: Vec<f64> =
            (1..=weights.len()).map(|count| weights[..count].iter().fold(0.0, |sum, weight| sum + weight)).collect();
        let total = sums[sums.len() - 1];
        sums.iter().position(|sum| *sum > point * total).unwrap_or(sums.iter().position(|sum| *sum >= total).unwrap())
    }

    #[test]
    fn the_class_is_the_one_that_a_search_through_all_finds() {
        let even = vec![0.1; 37];
        let skewed: Vec<f64> = (0..200).map(|class| if class == 3 { 1e6 } else { 1.0 / 3.0 }).collect();
        let some_without: Vec<f64> = (0..9).map(|class| if class % 3 == 0 { 0.7 } else { 0.0 }).collect();
        for weights in [vec![1.0], vec![0.5, 0.5], even, skewed, some_without] {
            let chosen = Weights::new(weights.iter().copied());
            let mut bits = 1_u64;
            for _ in 0..20_000 {
                bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let near_end = if bits & 15 == 0 { 1.0 - (bits >> 12 & 7) as f64 * f64::EPSILON / 2.0 } else { 0.0 };
                let point =
                    f64::max(near_end, (bits >> 11) as f64 / (1_u64 << 53) as f64).min(1.0 - f64::EPSILON / 2.0);
                assert_eq!(chosen.choose(point), searched(&weights, point), "{point} of {} classes", weights.len());
            }
        }
    }
}
