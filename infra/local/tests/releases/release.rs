//! What a release asks of its database: every statement, as the role that sends it.

use std::fmt::Write as _;
use std::{collections::BTreeMap, fs, path::PathBuf};

use local::project;
use testkit::TestDatabase;
use tokio_postgres::{Client, Statement, types::Type};

use crate::{code, schema};

/// What stands before each statement.
const ROLE: &str = "\n\n-- role: ";

/// One statement, with the types of its parameters and the columns of its rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    /// The service whose role sends it.
    pub(crate) role: String,
    /// Names of types.
    pub(crate) takes: Vec<String>,
    /// Names of columns, each with its type's.
    pub(crate) gives: Vec<String>,
    /// Its text, as it is sent.
    pub(crate) sql: String,
}

/// A release as it was written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Release {
    /// Its last migration.
    pub(crate) schema: i32,
    pub(crate) asked: Vec<Asked>,
}

impl Asked {
    /// The path of its constant.
    pub(crate) fn label(&self) -> &str {
        code::label(&self.sql)
    }
}

impl Release {
    /// The code that is here, as it asks a database of the newest schema.
    pub(crate) async fn of_this_code() -> Self {
        let database = TestDatabase::new().await;
        let mut asked = Vec::new();
        for (role, statements) in code::statements() {
            let client = database.client(role).await;
            for sql in statements {
                let prepared = client.prepare(sql).await;
                let prepared = prepared.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
                let takes = prepared.params().iter().map(Type::name);
                asked.push(Asked {
                    role: role.to_owned(),
                    takes: takes.map(str::to_owned).collect(),
                    gives: columns(&prepared),
                    sql: sql.to_owned(),
                });
            }
        }
        Self {
            schema: schema::newest(),
            asked,
        }
    }

    /// The last one.
    pub(crate) fn last() -> Self {
        Self::read(&fs::read_to_string(path()).unwrap())
    }

    /// The text of the file.
    pub(crate) fn text(&self) -> String {
        let mut text = format!(
            "-- What the functions of the last release ask of the database. Written by `make released`.\n\
             -- Tests hold the newest schema to it.\n-- schema: {}",
            self.schema
        );
        for asked in &self.asked {
            let takes = format!("-- takes: {}", asked.takes.join(", "));
            let gives = format!("-- gives: {}", asked.gives.join(", "));
            let (takes, gives) = (takes.trim_end(), gives.trim_end());
            let (role, sql) = (&asked.role, &asked.sql);
            write!(text, "{ROLE}{role}\n{takes}\n{gives}\n{sql};").unwrap();
        }
        text.push('\n');
        text
    }

    /// Reads the text of such a file.
    pub(crate) fn read(text: &str) -> Self {
        let mut parts = text.trim_end_matches('\n').split(ROLE);
        let (_, schema) = parts.next().unwrap().split_once("-- schema: ").unwrap();
        let list = |line: &str, mark: &str| -> Vec<String> {
            let names = line.strip_prefix(mark).unwrap();
            let names = names.trim().split(", ").filter(|name| !name.is_empty());
            names.map(str::to_owned).collect()
        };
        let asked = parts.map(|part| {
            let mut lines = part.splitn(4, '\n');
            Asked {
                role: lines.next().unwrap().to_owned(),
                takes: list(lines.next().unwrap(), "-- takes:"),
                gives: list(lines.next().unwrap(), "-- gives:"),
                sql: lines.next().unwrap().strip_suffix(';').unwrap().to_owned(),
            }
        });
        Self {
            schema: schema.parse().unwrap(),
            asked: asked.collect(),
        }
    }

    /// Why a database is none for this release: by statement, what the server says of it.
    pub(crate) async fn misses(&self, database: &TestDatabase) -> Vec<String> {
        let types = types(&database.owner().await).await;
        let mut clients = BTreeMap::new();
        let mut misses = Vec::new();
        for asked in &self.asked {
            if !clients.contains_key(&asked.role) {
                let client = database.client(&asked.role).await;
                clients.insert(asked.role.clone(), client);
            }
            if let Err(why) = asked.prepare(&clients[&asked.role], &types).await {
                misses.push(format!("{} as {}: {why}", asked.label(), asked.role));
            }
        }
        misses
    }
}

impl Asked {
    async fn prepare(&self, client: &Client, types: &BTreeMap<String, Type>) -> Result<(), String> {
        let takes: Vec<Type> = self.takes.iter().map(|name| types[name].clone()).collect();
        let prepared = client.prepare_typed(&self.sql, &takes).await;
        let prepared = prepared.map_err(|error| match error.as_db_error() {
            Some(error) => error.message().to_owned(),
            None => error.to_string(),
        })?;
        let gives = columns(&prepared);
        match gives == self.gives {
            true => Ok(()),
            false => Err(format!("it gives {gives:?} and gave {:?}", self.gives)),
        }
    }
}

/// Where the last release is written down.
pub(crate) fn path() -> PathBuf {
    project::root().join("infra/migrations/last-release.sql")
}

/// The columns of a statement's rows, each with its type.
fn columns(prepared: &Statement) -> Vec<String> {
    let columns = prepared.columns().iter();
    columns
        .map(|column| format!("{} {}", column.name(), column.type_().name()))
        .collect()
}

/// The server's own types, whose numbers are the same in every version.
async fn types(client: &Client) -> BTreeMap<String, Type> {
    let own =
        "SELECT typname::text, oid FROM pg_type WHERE typnamespace = 'pg_catalog'::regnamespace";
    let rows = client.query(own, &[]).await.unwrap();
    let known = rows
        .iter()
        .filter_map(|row| Some((row.get(0), Type::from_oid(row.get(1))?)));
    known.collect()
}
