//! A map that forgets what has not been used lately, so that it stays bounded.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::mem;

/// Keeps the `capacity` most recently used values, and up to as many older ones.
///
/// Two generations instead of a list in order of use: when the young one is full it becomes the
/// old one, and what was old is dropped.
#[derive(Debug)]
pub struct Recent<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
    capacity: usize,
}

impl<K: Eq + Hash, V: Default> Recent<K, V> {
    /// An empty map that keeps `capacity` values, and at most twice as many.
    pub fn new(capacity: usize) -> Self {
        Self {
            young: HashMap::new(),
            old: HashMap::new(),
            capacity,
        }
    }

    /// The value of `key`, if it is still known.
    pub fn get<Q>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        self.young.get(key).or_else(|| self.old.get(key))
    }

    /// The value of `key`, a default one when it is not known.
    pub fn entry<Q>(&mut self, key: &Q) -> &mut V
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ToOwned<Owned = K> + ?Sized,
    {
        if !self.young.contains_key(key) {
            let value = self.old.remove(key).unwrap_or_default();
            if self.young.len() >= self.capacity {
                self.old = mem::take(&mut self.young);
            }
            self.young.insert(key.to_owned(), value);
        }
        self.young.entry(key.to_owned()).or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stays_bounded_and_keeps_what_is_in_use() {
        let mut recent: Recent<String, u8> = Recent::new(4);
        *recent.entry("kept") = 7;
        for stranger in 0..100 {
            recent.entry(stranger.to_string().as_str());
            assert_eq!(*recent.entry("kept"), 7, "after {stranger} strangers");
            assert!(recent.young.len() + recent.old.len() <= 8);
        }
        assert_eq!(recent.get("0"), None);
    }
}
