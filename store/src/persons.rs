//! Who the commitments of the record stand for, so that the record itself holds no name.

use crate::schema::record_persons;
use crate::values::text;
use crate::{Error, Store};
use diesel::prelude::*;
use sha2::{Digest, Sha256};
use uuid::Uuid;

impl Store {
    /// The commitment that stands for a person, the same each time until the person is forgotten.
    ///
    /// # Errors
    /// It could not be stored.
    pub fn commit_person(&self, person: &str) -> Result<String, Error> {
        let person = text(person);
        let known = |conn: &mut crate::connection::AnyConnection| {
            let found: Option<String> = record_persons::table
                .filter(record_persons::person.eq(&person))
                .select(record_persons::commitment)
                .first(conn)
                .optional()?;
            Ok::<_, Error>(found)
        };
        if let Some(found) = self.read(known)? {
            return Ok(found);
        }
        self.write("record_persons", |conn| {
            if let Some(found) = known(conn)? {
                return Ok(found);
            }
            let salt = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
            let commitment = commitment(&salt, &person);
            diesel::insert_into(record_persons::table)
                .values((
                    record_persons::commitment.eq(&commitment),
                    record_persons::person.eq(&person),
                    record_persons::salt.eq(&salt),
                ))
                .execute(conn)?;
            Ok(commitment)
        })
    }

    /// Whom a commitment stands for; none when the person was forgotten.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub fn committed_person(&self, commitment: &str) -> Result<Option<String>, Error> {
        self.read(|conn| {
            Ok(record_persons::table
                .find(commitment)
                .select(record_persons::person)
                .first(conn)
                .optional()?)
        })
    }

    /// Forgets a person: what the record holds of them can no longer be traced to anybody.
    ///
    /// # Errors
    /// [`Error::NotFound`] when nothing of the person is known.
    pub fn forget_person(&self, person: &str) -> Result<(), Error> {
        self.write("record_persons", |conn| {
            let of = record_persons::table.filter(record_persons::person.eq(text(person)));
            let gone = diesel::delete(of).execute(conn)?;
            if gone == 1 { Ok(()) } else { Err(Error::NotFound("person")) }
        })
    }
}

/// Salted, so that nobody finds a person by trying names.
fn commitment(salt: &str, person: &str) -> String {
    let digest = Sha256::new().chain_update(salt).chain_update(person).finalize();
    hex::encode(digest)
}
