//! What a sign-up, a login and a grant are.

use shared::error::FieldError;
use shared::ids::{TenantId, UserId};
use shared::quota::Quotas;
use shared::tenant::{Role, TenantContext};
use shared::text;

/// The longest name of a person or a tenant, in characters.
pub const NAME_CHARS_MAX: usize = 200;
/// The longest e-mail address, in characters (RFC 5321, section 4.5.3.1.3, without the brackets).
pub const EMAIL_CHARS_MAX: usize = 254;
/// The shortest password to sign up with, in characters.
pub const PASSWORD_CHARS_MIN: usize = 12;
/// The longest password, in characters.
pub const PASSWORD_CHARS_MAX: usize = 128;

/// An e-mail address, as far as one can tell without writing to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email(String);

impl Email {
    /// Checks an address: something on both sides of one `@`, ASCII only, no white space, no control
    /// character.
    ///
    /// An account is found, and its attempts are counted, whatever the case of its letters. Outside
    /// of ASCII, Rust and PostgreSQL do not agree on case, and one account would have many counters.
    pub fn new(text: &str) -> Result<Self, FieldError> {
        let text = text::line("email", text, EMAIL_CHARS_MAX)?;
        if !text.is_ascii() {
            let detail = "must be in ascii, an international domain in its xn-- form";
            return Err(FieldError::new("email", "not_ascii", detail));
        }
        let whole = match text.split_once('@') {
            Some((local, domain)) => {
                !local.is_empty() && !domain.is_empty() && !domain.contains('@')
            }
            None => false,
        };
        match whole && !text.contains(char::is_whitespace) {
            true => Ok(Self(text)),
            false => Err(FieldError::new(
                "email",
                "malformed",
                "must be an email address",
            )),
        }
    }

    /// The address as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A password in plain text. Never printed, and gone after it was hashed.
pub struct Password(String);

impl Password {
    /// Checks a password that somebody wants to have.
    pub fn chosen(text: String) -> Result<Self, FieldError> {
        if text.chars().count() < PASSWORD_CHARS_MIN {
            let detail = format!("must have at least {PASSWORD_CHARS_MIN} characters");
            return Err(FieldError::new("password", "too_short", detail));
        }
        Self::claimed(text)
    }

    /// Checks a password that somebody claims to have: any, as long as hashing it is no burden.
    pub fn claimed(text: String) -> Result<Self, FieldError> {
        if text.chars().count() > PASSWORD_CHARS_MAX {
            let detail = format!("must have at most {PASSWORD_CHARS_MAX} characters");
            return Err(FieldError::new("password", "too_long", detail));
        }
        Ok(Self(text))
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// What somebody signs up with.
pub struct SignUp {
    pub(crate) founder: Founder,
    pub(crate) password: Password,
}

/// A person, and the tenant they found.
pub struct Founder {
    pub(crate) tenant_name: String,
    pub(crate) name: String,
    pub(crate) email: Email,
}

impl SignUp {
    /// Checks the parts.
    pub fn new(
        tenant_name: &str,
        name: &str,
        email: &str,
        password: String,
    ) -> Result<Self, FieldError> {
        let founder = Founder {
            tenant_name: text::line("tenant_name", tenant_name, NAME_CHARS_MAX)?,
            name: text::line("name", name, NAME_CHARS_MAX)?,
            email: Email::new(email)?,
        };
        Ok(Self {
            founder,
            password: Password::chosen(password)?,
        })
    }
}

/// What somebody logs in with.
pub struct LogIn {
    pub(crate) email: Email,
    pub(crate) password: Password,
    pub(crate) tenant: Option<TenantId>,
}

impl LogIn {
    /// Checks the parts. Without a tenant, the first one of the person is meant.
    pub fn new(
        email: &str,
        password: String,
        tenant: Option<TenantId>,
    ) -> Result<Self, FieldError> {
        Ok(Self {
            email: Email::new(email)?,
            password: Password::claimed(password)?,
            tenant,
        })
    }
}

/// A refresh token that somebody presents, unread.
pub struct Refresh(pub String);

/// What proves a login from now on.
pub struct Grant {
    /// The tenant it is for.
    pub tenant: TenantId,
    /// The person it is for.
    pub user: UserId,
    /// The access token.
    pub access_token: String,
    /// The lifetime of the access token, in seconds.
    pub expires_in_secs: u32,
    /// The refresh token.
    pub refresh_token: String,
}

/// The caller, as they see themselves.
pub struct Me {
    /// The person.
    pub user: UserId,
    /// Their e-mail address.
    pub email: String,
    /// Their name.
    pub name: String,
    /// The tenant they are in.
    pub tenant: TenantId,
    /// What they may do there.
    pub role: Role,
    /// The isolation and service the tenant gets.
    pub tier: String,
    /// What billing sold the tenant.
    pub plan: String,
    /// How much the tenant may ask for.
    pub quotas: Quotas,
}

impl Me {
    /// Puts together what the authorizer vouches for and what the account says.
    pub fn new(context: TenantContext, account: Account) -> Self {
        Self {
            user: context.user,
            email: account.email,
            name: account.name,
            tenant: context.tenant.id(),
            role: context.role,
            tier: context.tier,
            plan: context.plan,
            quotas: context.quotas,
        }
    }
}

/// What an account says about its person.
pub struct Account {
    /// Their e-mail address.
    pub email: String,
    /// Their name.
    pub name: String,
}
