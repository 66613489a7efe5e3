//! Why somebody does not get in, and what they hear of it.

use axum::http::header::WWW_AUTHENTICATE;
use axum::http::{HeaderValue, StatusCode};
use shared::db::DbError;
use shared::error::ApiError;

/// When to come back while too many passwords are being hashed, in seconds.
const BUSY_RETRY_AFTER_SECS: u32 = 2;

/// Why a grant was refused or failed.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// The address belongs to an account.
    #[error("email is taken")]
    EmailTaken,
    /// No such account, or not its password; which of the two is nobody's business.
    #[error("email or password is wrong")]
    InvalidCredentials,
    /// Unknown, expired, used or revoked.
    #[error("refresh token is not valid")]
    InvalidRefreshToken,
    /// The person is known, but not in the tenant they asked for.
    #[error("not a member of this tenant")]
    NotAMember,
    /// Too many logins to one account.
    #[error("too many attempts")]
    TooManyAttempts {
        /// Whole seconds until the next one is admitted.
        retry_after_secs: u32,
    },
    /// The attempts cannot be counted, or too many passwords are being hashed.
    #[error("temporarily unavailable")]
    Unavailable,
    /// The database.
    #[error(transparent)]
    Database(#[from] DbError),
    /// A password or a key cannot be handled: ours to mend.
    #[error("cryptography failed")]
    Crypto(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Already in the form that callers see.
    #[error(transparent)]
    Api(#[from] ApiError),
}

impl AuthError {
    /// Keeps the cause of a failure in cryptography.
    pub fn crypto(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Crypto(cause.into())
    }
}

impl From<AuthError> for ApiError {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::EmailTaken => Self::conflict("email_taken", "email: is already in use"),
            AuthError::InvalidCredentials => {
                refused("invalid_credentials", "email or password is wrong")
            }
            AuthError::InvalidRefreshToken => {
                refused("invalid_refresh_token", "refresh_token: is not valid")
            }
            AuthError::NotAMember => {
                Self::forbidden("not_a_member", "tenant_id: not a member of this tenant")
            }
            AuthError::TooManyAttempts { retry_after_secs } => {
                Self::too_many_requests(retry_after_secs)
            }
            AuthError::Unavailable => Self::unavailable(BUSY_RETRY_AFTER_SECS),
            AuthError::Database(error) => error.into(),
            AuthError::Api(error) => error,
            error @ AuthError::Crypto(_) => Self::internal(error),
        }
    }
}

/// 401 with the challenge that RFC 9110, section 15.5.2, asks for.
fn refused(code: &'static str, detail: &'static str) -> ApiError {
    ApiError::new(StatusCode::UNAUTHORIZED, code, detail)
        .with_header(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
}
