//! The random numbers of made-up books (骰子): the same seed throws the same numbers for
//! ever, on every machine and with every release.

/// A small generator (`SplitMix64`), written here so that no change of a library
/// changes a book.
#[derive(Clone, Debug)]
pub(crate) struct Rng(u64);

impl Rng {
    /// Dice for one purpose: equal words and numbers give equal throws.
    pub(crate) fn of(seed: u64, word: &str, number: u64) -> Self {
        // FNV-1a over the word; the mixing below does the rest.
        let hash = word.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
        });
        let mut rng =
            Self(seed ^ hash.rotate_left(17) ^ number.wrapping_mul(0x9e37_79b9));
        rng.next();
        rng
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from `0` to `sides - 1`; `0` for no sides.
    pub(crate) fn throw(&mut self, sides: u32) -> u32 {
        // The high half of the product of 32 bits by 32 bits: no division.
        let wide = (self.next() >> 32) * u64::from(sides);
        u32::try_from(wide >> 32).unwrap_or(0)
    }

    /// A number from `low` to `high`, both included.
    pub(crate) fn between(&mut self, low: u32, high: u32) -> u32 {
        low + self.throw(high.saturating_sub(low) + 1)
    }

    /// Yes in so many cases of a thousand.
    pub(crate) fn chance(&mut self, per_mille: u32) -> bool {
        self.throw(1000) < per_mille
    }

    /// One of a list that is not empty.
    pub(crate) fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        let index = self.throw(u32::try_from(list.len()).unwrap_or(u32::MAX));
        &list[index as usize]
    }

    /// One of a list by weight.
    pub(crate) fn weighted<T: Copy>(&mut self, list: &[(T, u32)]) -> T {
        let mut left = self.throw(list.iter().map(|it| it.1).sum());
        for (item, weight) in list {
            if left < *weight {
                return *item;
            }
            left -= weight;
        }
        list[0].0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_dice_throw_the_same_numbers() {
        let throws =
            |mut rng: Rng| -> Vec<u32> { (0..20).map(|_| rng.throw(100)).collect() };
        assert_eq!(throws(Rng::of(7, "loan", 3)), throws(Rng::of(7, "loan", 3)));
        for other in [Rng::of(8, "loan", 3), Rng::of(7, "load", 3), Rng::of(7, "loan", 4)]
        {
            assert_ne!(throws(Rng::of(7, "loan", 3)), throws(other));
        }
    }

    #[test]
    fn throws_are_fair_enough() {
        let mut rng = Rng::of(1, "fair", 0);
        let mut counts = [0_u32; 10];
        for _ in 0..100_000 {
            counts[rng.throw(10) as usize] += 1;
        }
        assert!(counts.iter().all(|count| (9_500..10_500).contains(count)), "{counts:?}");
        assert!((0..1000).all(|_| (3..=5).contains(&rng.between(3, 5))));
        assert_eq!(rng.throw(0), 0);
    }
}
