//! `menshen admin user|token`, also beside a hub that runs.

use super::Usage;
use crate::cli::{AdminCommand, RoleArgument, SideArguments, TokenCommand, UserCommand};
use crate::config::{Effective, HUB, Sources};
use crate::output;
use anyhow::{Context, Result, bail};
use hub::admin::Admin;
use std::io::{IsTerminal, Read};
use store::hub::accounts::{Role, User};

/// A password on standard input is no longer than this, in bytes.
const MAX_PASSWORD_BYTES: u64 = 4096;

pub(crate) async fn run(command: AdminCommand) -> Result<()> {
    match command {
        AdminCommand::User { side, command } => {
            let admin = open(side)?;
            let done = user(&admin, command).await;
            admin.close().await;
            done
        }
        AdminCommand::Token { side, command } => {
            let admin = open(side)?;
            let done = token(&admin, command).await;
            admin.close().await;
            done
        }
    }
}

fn open(side: SideArguments) -> Result<Admin> {
    let sources = Sources::new(side.config, side.set, side.data);
    Ok(Admin::open(&Effective::load(&HUB, &sources)?.read()?)?)
}

async fn user(admin: &Admin, command: UserCommand) -> Result<()> {
    match command {
        UserCommand::List => admin.users().await?.iter().try_for_each(print),
        UserCommand::Add { username, role } => {
            print(&admin.add_user(&username, &password()?, of(role)).await?)
        }
        UserCommand::Password { username } => print(&admin.set_password(&username, &password()?).await?),
    }
}

async fn token(admin: &Admin, command: TokenCommand) -> Result<()> {
    let TokenCommand::Create {
        name,
        scopes,
        expires_at,
    } = command;
    let (_, secret) = admin.create_token(&name, scopes, expires_at).await?;
    output::line(format_args!("{secret}"))?;
    eprintln!("this token is shown once");
    Ok(())
}

fn print(user: &User) -> Result<()> {
    output::line(format_args!("{}\t{}", user.username, user.role.name()))
}

fn of(role: RoleArgument) -> Role {
    match role {
        RoleArgument::Admin => Role::Admin,
        RoleArgument::Operator => Role::Operator,
        RoleArgument::Viewer => Role::Viewer,
    }
}

/// The password: the first line of standard input.
fn password() -> Result<String> {
    if std::io::stdin().is_terminal() {
        eprintln!("password (it is shown while you type; better pipe it in):");
        let mut line = String::new();
        std::io::stdin()
            .read_line(&mut line)
            .context("reading the password")?;
        return Ok(line.trim_end_matches(['\r', '\n']).to_owned());
    }
    let mut text = String::new();
    std::io::stdin()
        .take(MAX_PASSWORD_BYTES)
        .read_to_string(&mut text)
        .context("reading the password")?;
    match text.lines().next() {
        Some(line) if !line.is_empty() => Ok(line.to_owned()),
        _ => bail!(Usage("give the password on standard input".to_owned())),
    }
}
