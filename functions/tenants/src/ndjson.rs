//! One table's rows as objects of newline-delimited JSON.

use serde::Serialize;
use shared::hex::sha256;
use shared::storage::{ObjectKey, Storage};
use shared::tenant::Tenant;
use uuid::Uuid;

use crate::error::TenantsError;

/// An object is closed when it has this many bytes; a page more may be in it.
const PART_BYTES: usize = 4 * 1024 * 1024;

/// A table in a manifest.
#[derive(Debug, Serialize)]
pub(crate) struct Table {
    name: String,
    rows: u64,
    parts: Vec<Part>,
}

/// An object in a manifest.
#[derive(Debug, Serialize)]
struct Part {
    object: String,
    rows: u64,
    bytes: usize,
    sha256: String,
}

/// Writes the lines of one table.
pub(crate) struct Writer<'a> {
    storage: &'a Storage,
    tenant: Tenant,
    export: Uuid,
    table: Table,
    rows: u64,
    buffer: Vec<u8>,
}

impl<'a> Writer<'a> {
    pub(crate) fn new(storage: &'a Storage, tenant: Tenant, export: Uuid, name: String) -> Self {
        Self {
            storage,
            tenant,
            export,
            table: Table {
                name,
                rows: 0,
                parts: Vec::new(),
            },
            rows: 0,
            buffer: Vec::new(),
        }
    }

    pub(crate) fn line(&mut self, text: &str) {
        self.buffer.extend_from_slice(text.as_bytes());
        self.buffer.push(b'\n');
        self.rows += 1;
    }

    /// Stores what has been written if it is enough for an object.
    pub(crate) async fn store_full(&mut self) -> Result<(), TenantsError> {
        match self.buffer.len() >= PART_BYTES {
            true => self.store().await,
            false => Ok(()),
        }
    }

    /// Stores the rest.
    pub(crate) async fn finish(mut self) -> Result<Table, TenantsError> {
        if self.rows > 0 {
            self.store().await?;
        }
        Ok(self.table)
    }

    async fn store(&mut self) -> Result<(), TenantsError> {
        let bytes = std::mem::take(&mut self.buffer);
        let rows = std::mem::take(&mut self.rows);
        let key = ObjectKey::Rows {
            tenant: self.tenant,
            export: self.export,
            table: &self.table.name,
            part: self.table.parts.len(),
        };
        let object = key.to_string();
        let (length, digest) = (bytes.len(), sha256(&bytes));
        self.storage.put(&key, bytes).await?;
        self.table.rows += rows;
        self.table.parts.push(Part {
            object,
            rows,
            bytes: length,
            sha256: digest,
        });
        Ok(())
    }
}
