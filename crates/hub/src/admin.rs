//! What an operator does without the console: `menshen admin user|token`. It may run beside a hub that owns the
//! folder (hub rule 2).

use crate::api::scope;
use crate::config::HubConfig;
use crate::secret;
use jiff::Timestamp;
use std::path::PathBuf;
use store::hub::accounts::{NewToken, NewUser, Role, Token, User, UserChange};
use store::hub::{Actor, HubStore, HubStoreOptions, PageRequest};
use store::{KeyError, MasterKey, OpenError, StoreError};

/// As whom the audit names these changes.
const ACTOR: &str = "cli";
/// Users read at a time.
const PAGE: u32 = 200;

/// Why it was not done.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// There is no hub's data.
    #[error("there is no hub's data in {}; start the hub once, or name its folder with --data", .0.display())]
    NoData(PathBuf),
    /// The data could not be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The master key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The data could not be read or changed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The password will not do.
    #[error(transparent)]
    Password(#[from] secret::WeakPassword),
    /// The password could not be hashed.
    #[error("the password could not be hashed: {0}")]
    Hash(String),
    /// There is no such user.
    #[error("there is no user {0:?}; `menshen admin user list` names them")]
    NoUser(String),
    /// There is no such scope.
    #[error("{0:?} is not a scope; those are like persons:read, commands:write or *")]
    Scope(String),
}

/// A hub's accounts, opened for an operator.
#[derive(Debug)]
pub struct Admin {
    store: HubStore,
}

impl Admin {
    /// Opens the accounts of the hub with this configuration, beside it if it runs. Blocks shortly.
    ///
    /// # Errors
    /// When there is no data, or the key is not the right one.
    pub fn open(config: &HubConfig) -> Result<Self, AdminError> {
        let directory = config.hub.data.clone();
        let file_name = config.store.url.trim_start_matches("sqlite:").to_owned();
        let database = directory.join(&file_name);
        if !database.exists() {
            return Err(AdminError::NoData(directory));
        }
        let value = (!config.secrets.key.is_empty()).then_some(config.secrets.key.as_str());
        let key = MasterKey::obtain(value, &config.path(&config.secrets.key_file), &database)?;
        let options = HubStoreOptions {
            shared: true,
            ..HubStoreOptions::new(directory, file_name, key)
        };
        Ok(Self {
            store: HubStore::open(options)?,
        })
    }

    /// Makes a user.
    ///
    /// # Errors
    /// When the name is taken or the password will not do.
    pub async fn add_user(&self, username: &str, password: &str, role: Role) -> Result<User, AdminError> {
        let password_hash = hashed(username, password)?;
        let new = NewUser {
            username: username.to_owned(),
            password_hash,
            role,
            zone_id: None,
        };
        Ok(self.store.accounts.create_user(&Actor::new(ACTOR), new).await?)
    }

    /// Gives a user a new password and ends their sign-ins.
    ///
    /// # Errors
    /// When there is no such user or the password will not do.
    pub async fn set_password(&self, username: &str, password: &str) -> Result<User, AdminError> {
        let (user, _) = self
            .store
            .accounts
            .user_by_name(username)
            .await?
            .ok_or_else(|| AdminError::NoUser(username.to_owned()))?;
        let change = UserChange {
            password_hash: Some(hashed(username, password)?),
            ..UserChange::default()
        };
        Ok(self
            .store
            .accounts
            .change_user(&Actor::new(ACTOR), &user.id, change, None)
            .await?)
    }

    /// All users.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn users(&self) -> Result<Vec<User>, AdminError> {
        let (mut users, mut after) = (Vec::new(), None);
        loop {
            let page = self
                .store
                .accounts
                .users(PageRequest { after, limit: PAGE })
                .await?;
            users.extend(page.items);
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(users),
            }
        }
    }

    /// Makes a token that no user owns; gives it with its secret, which is shown once.
    ///
    /// # Errors
    /// When a scope is unknown.
    pub async fn create_token(
        &self,
        name: &str,
        scopes: Vec<String>,
        expires_at: Option<Timestamp>,
    ) -> Result<(Token, String), AdminError> {
        if let Some(unknown) = scopes.iter().find(|text| !scope::is_known(text)) {
            return Err(AdminError::Scope(unknown.clone()));
        }
        let token = secret::random();
        let new = NewToken {
            secret_hash: secret::hash(&token),
            name: name.to_owned(),
            user_id: None,
            scopes,
            expires_at,
        };
        Ok((
            self.store.accounts.create_token(&Actor::new(ACTOR), new).await?,
            token,
        ))
    }

    /// Closes the data.
    pub async fn close(self) {
        self.store.engine.close().await;
    }
}

fn hashed(username: &str, password: &str) -> Result<String, AdminError> {
    secret::check_password(password, username)?;
    secret::hash_password(password).map_err(|error| AdminError::Hash(error.to_string()))
}
