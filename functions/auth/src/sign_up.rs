//! Sign-up: a tenant, its owner and their first session, all of it or nothing.

use shared::db::OnConstraint;
use shared::ids::{TenantId, UserId};
use shared::jobs::{Envelope, TenantCreated};
use shared::outbox;
use shared::tenant::{Role, Tenant};

use crate::access::Subject;
use crate::audit;
use crate::domain::{Grant, SignUp};
use crate::error::AuthError;
use crate::refresh_token::RefreshToken;
use crate::session::Session;
use crate::state::Auth;
use crate::store::{self, NewRefreshToken};

impl Auth {
    /// Founds a tenant with one owner, logged in.
    pub async fn sign_up(
        &self,
        sign_up: SignUp,
        user_agent: Option<String>,
    ) -> Result<Grant, AuthError> {
        let SignUp { founder, password } = sign_up;
        let password_hash = self.passwords.hash(password).await?;
        // Before the tenant exists: a key that cannot be used must not leave half a sign-up.
        self.tokens.publish(&self.app.db).await?;

        let now = self.app.clock.now();
        let tenant = Tenant::vouched_for(TenantId::new());
        let user = UserId::new();
        let session = Session::begin(user, user_agent, now);
        let refresh = RefreshToken::new(tenant.id())?;
        let event = Envelope::new(tenant, now, TenantCreated { user_id: user });
        let person = (
            store::create_user(user, &founder, password_hash),
            store::insert_membership(user, Role::Owner, now),
        );
        let login = (
            store::insert_session(&session),
            store::insert_refresh_token(NewRefreshToken::first(&refresh, &session)?),
        );
        let founding = store::create_tenant(tenant.id(), &founder.tenant_name);
        let log = (
            audit::tenant_created(tenant.id(), user, now),
            audit::member_added(user, Role::Owner, user, now),
            audit::session_started(&session),
        );
        let work = ((person, login), log, outbox::emit(&event, tenant.id())?);
        // On the heap: a future of so many statements is too large for the stack.
        let founded = Box::pin(self.app.db.found(tenant, founding, work)).await;
        founded.on_constraint("users_email_ci_key", || AuthError::EmailTaken)?;

        let subject = Subject {
            tenant: tenant.id(),
            user,
            session: session.id,
            role: Role::Owner,
        };
        self.grant(subject, refresh, now).await
    }
}
