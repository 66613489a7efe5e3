//! Objects waiting to be written together as one object stream (ISO 32000-1, 7.5.7).
//!
//! Structure elements are tiny and many: packed and deflated they take a fifth of the space.

use super::syntax::{Ref, put_uint};

/// More would make readers inflate much to find one object.
const MEMBERS_MAX: usize = 256;
const BODY_BYTES_MAX: usize = 64 << 10;

/// Objects waiting to be written together.
#[derive(Debug, Default)]
pub(super) struct Pack {
    members: Vec<(Ref, usize)>,
    bodies: Vec<u8>,
}

impl Pack {
    /// Begins a member and gives the buffer for its body.
    pub(super) fn begin(&mut self, id: Ref) -> &mut Vec<u8> {
        self.members.push((id, self.bodies.len()));
        &mut self.bodies
    }

    /// Ends the member begun last.
    pub(super) fn end(&mut self) {
        self.bodies.push(b'\n');
    }

    pub(super) fn is_full(&self) -> bool {
        self.members.len() >= MEMBERS_MAX || self.bodies.len() >= BODY_BYTES_MAX
    }

    pub(super) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// The members in the order of their bodies.
    pub(super) fn members(&self) -> impl Iterator<Item = Ref> {
        self.members.iter().map(|&(id, _)| id)
    }

    /// The pairs of number and offset that stand before the bodies.
    pub(super) fn index(&self) -> Vec<u8> {
        let mut index = Vec::with_capacity(self.members.len() * 12);
        for &(id, offset) in &self.members {
            put_uint(&mut index, u64::from(id.number()));
            index.push(b' ');
            put_uint(&mut index, u64::try_from(offset).unwrap_or(u64::MAX));
            index.push(b' ');
        }
        index
    }

    pub(super) fn bodies(&self) -> &[u8] {
        &self.bodies
    }

    pub(super) fn clear(&mut self) {
        self.members.clear();
        self.bodies.clear();
    }
}
