//! A statement as a value: its text, its parameters with their types, and what its rows mean.

use std::future::Future;

use futures_util::future::{join, join3};
use serde_json::Value;
use time::OffsetDateTime;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Row};
use uuid::Uuid;

use super::error::DbError;
use crate::ids::{
    DeliveryId, EndpointId, EventId, ProjectId, ReportId, ScheduleId, SessionId, TenantId, UserId,
};

/// A value that can be bound to a parameter.
///
/// The type goes along with the value, so that no round trip is spent on asking the server, and
/// everything fits into one batch.
pub trait Bind: ToSql + Send + Sync + 'static {
    /// The parameter's type.
    const TYPE: Type;
}

macro_rules! bind {
    ($($type:ty => $kind:ident),+ $(,)?) => {$(
        impl Bind for $type {
            const TYPE: Type = Type::$kind;
        }
    )+};
}

bind! {
    bool => BOOL, i32 => INT4, i64 => INT8, String => TEXT, &'static str => TEXT,
    Vec<u8> => BYTEA, Value => JSONB, OffsetDateTime => TIMESTAMPTZ, Uuid => UUID,
    TenantId => UUID, UserId => UUID, SessionId => UUID, ProjectId => UUID, ReportId => UUID,
    ScheduleId => UUID, EventId => UUID, EndpointId => UUID, DeliveryId => UUID,
    Vec<Uuid> => UUID_ARRAY, Vec<String> => TEXT_ARRAY,
}

impl<T: Bind> Bind for Option<T> {
    const TYPE: Type = T::TYPE;
}

type Param = (Box<dyn ToSql + Send + Sync>, Type);
type Read<T> = Box<dyn Fn(Vec<Row>) -> Result<T, DbError> + Send + Sync>;

enum Answer<T> {
    Rows(Read<T>),
    Count(fn(u64) -> T),
}

/// One SQL statement with its parameters, and how to read its answer as a `T`.
///
/// The text is a constant of the program: nothing a caller sends can become part of it.
#[must_use = "a statement does nothing until a session runs it"]
pub struct Statement<T> {
    sql: &'static str,
    params: Vec<Param>,
    answer: Answer<T>,
}

impl Statement<u64> {
    /// A statement that answers with the number of rows it touched, until told otherwise.
    pub fn new(sql: &'static str) -> Self {
        Self {
            sql,
            params: Vec::new(),
            answer: Answer::Count(|rows| rows),
        }
    }

    /// Binds the next parameter.
    pub fn bind(mut self, value: impl Bind) -> Self {
        fn kind<T: Bind>(_: &T) -> Type {
            T::TYPE
        }
        let kind = kind(&value);
        self.params.push((Box::new(value), kind));
        self
    }

    /// Expects any number of rows.
    pub fn many<T: 'static>(self, row: RowReader<T>) -> Statement<Vec<T>> {
        self.rows(Box::new(move |rows| {
            let read = rows.iter().map(row);
            read.collect::<Result<_, _>>().map_err(DbError::from)
        }))
    }

    /// Expects one row or none.
    pub fn optional<T: 'static>(self, row: RowReader<T>) -> Statement<Option<T>> {
        self.rows(Box::new(move |rows| {
            Ok(rows.first().map(row).transpose()?)
        }))
    }

    /// Expects a row; none is a fault of the program.
    pub fn one<T: 'static>(self, row: RowReader<T>) -> Statement<T> {
        self.rows(Box::new(move |rows| {
            let first = rows.first().ok_or(DbError::NoRow)?;
            Ok(row(first)?)
        }))
    }

    fn rows<T>(self, read: Read<T>) -> Statement<T> {
        Statement {
            sql: self.sql,
            params: self.params,
            answer: Answer::Rows(read),
        }
    }
}

/// Reads a row by its columns' names.
pub type RowReader<T> = fn(&Row) -> Result<T, tokio_postgres::Error>;

/// One statement, or several that do not depend on each other: whatever fits into one batch.
///
/// It can be run again, which is what a read does that a replica could not answer.
pub trait Work: Send + Sync {
    /// What it yields.
    type Output: Send;

    /// Queues every statement on the first poll, in order, and then waits for the answers.
    fn run(&self, client: &Client) -> impl Future<Output = Result<Self::Output, DbError>> + Send;
}

impl<T: Send> Work for Statement<T> {
    type Output = T;

    async fn run(&self, client: &Client) -> Result<T, DbError> {
        let params: Vec<(&(dyn ToSql + Sync), Type)> = self
            .params
            .iter()
            .map(|(value, kind)| (&**value as &(dyn ToSql + Sync), kind.clone()))
            .collect();
        match &self.answer {
            Answer::Rows(read) => read(client.query_typed(self.sql, &params).await?),
            Answer::Count(count) => Ok(count(client.execute_typed(self.sql, &params).await?)),
        }
    }
}

impl Work for () {
    type Output = ();

    async fn run(&self, _: &Client) -> Result<(), DbError> {
        Ok(())
    }
}

impl<W: Work> Work for Option<W> {
    type Output = Option<W::Output>;

    async fn run(&self, client: &Client) -> Result<Self::Output, DbError> {
        match self {
            Some(work) => work.run(client).await.map(Some),
            None => Ok(None),
        }
    }
}

impl<A: Work, B: Work> Work for (A, B) {
    type Output = (A::Output, B::Output);

    async fn run(&self, client: &Client) -> Result<Self::Output, DbError> {
        let (a, b) = join(self.0.run(client), self.1.run(client)).await;
        Ok((a?, b?))
    }
}

impl<A: Work, B: Work, C: Work> Work for (A, B, C) {
    type Output = (A::Output, B::Output, C::Output);

    async fn run(&self, client: &Client) -> Result<Self::Output, DbError> {
        let (a, b, c) = join3(self.0.run(client), self.1.run(client), self.2.run(client)).await;
        Ok((a?, b?, c?))
    }
}
