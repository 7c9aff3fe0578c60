//! SQL of refresh tokens: families, rotation, reuse.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::model::{ActiveModel, Column, Entity, Model};
use crate::auth::RefreshTokens;
use crate::auth::refresh_token::{GRACE, LIFETIME, RefreshToken};
use crate::http::Problem;
use crate::store::Store;
use crate::store::audit::{self, Actor};

/// What became of a presented token.
pub enum Rotation {
    /// It was good; here is the next one.
    Rotated {
        /// Whose.
        user_id: Uuid,
        /// The successor.
        token: RefreshToken,
    },
    /// It is not known, has ended, or was used before and has just ended its family.
    Refused,
}

/// The first token of a new family.
///
/// # Errors
/// The store does not answer.
pub async fn begin_family<C: ConnectionTrait>(db: &C, user_id: Uuid, now: DateTime<Utc>) -> Result<RefreshToken, DbErr> {
    let token = RefreshToken::generate();
    insert(db, &token, Uuid::now_v7(), user_id, now).await?;
    Ok(token)
}

/// Uses a token, in one transaction. A token that is used twice within the grace gives the same successor again, as long
/// as that one is unused; any other second use ends the family.
///
/// # Errors
/// The store does not answer.
pub async fn rotate(store: &Store, tokens: &RefreshTokens, presented: &RefreshToken, now: DateTime<Utc>) -> Result<Rotation, Problem> {
    let transaction = store.begin().await?;
    let Some(row) = Entity::find_by_id(presented.hash()).one(&transaction).await? else { return Ok(Rotation::Refused) };
    let successor = tokens.successor(presented).map_err(Problem::internal)?;
    if row.expires_at <= now {
        end_family(&transaction, row.family).await?;
        transaction.commit().await?;
        return Ok(Rotation::Refused);
    }
    let Some(used_at) = row.used_at else {
        mark_used(&transaction, &row, now).await?;
        insert(&transaction, &successor, row.family, row.user_id, now).await?;
        transaction.commit().await?;
        return Ok(Rotation::Rotated { user_id: row.user_id, token: successor });
    };
    let follower = Entity::find_by_id(successor.hash()).one(&transaction).await?;
    if now - used_at <= GRACE && follower.is_some_and(|follower| follower.used_at.is_none()) {
        return Ok(Rotation::Rotated { user_id: row.user_id, token: successor });
    }
    end_family(&transaction, row.family).await?;
    let actor = Actor::user(None, row.user_id);
    audit::append(&transaction, now, actor, "session.reuse_detected", &row.family.to_string()).await?;
    transaction.commit().await?;
    tracing::warn!(user = %row.user_id, "a refresh token was used twice; its sessions were ended");
    Ok(Rotation::Refused)
}

/// Ends the family of a token; the user, where it was known.
///
/// # Errors
/// The store does not answer.
pub async fn end<C: ConnectionTrait>(db: &C, presented: &RefreshToken) -> Result<Option<Uuid>, DbErr> {
    let Some(row) = Entity::find_by_id(presented.hash()).one(db).await? else { return Ok(None) };
    end_family(db, row.family).await?;
    Ok(Some(row.user_id))
}

/// Ends all sessions of a user.
///
/// # Errors
/// The store does not answer.
pub async fn end_all<C: ConnectionTrait>(db: &C, user_id: Uuid) -> Result<(), DbErr> {
    Entity::delete_many().filter(Column::UserId.eq(user_id)).exec(db).await?;
    Ok(())
}

/// Ends all sessions of a user but the one that a token belongs to. The token of somebody else keeps none.
///
/// # Errors
/// The store does not answer.
pub async fn end_others<C: ConnectionTrait>(db: &C, user_id: Uuid, kept: Option<&RefreshToken>) -> Result<(), DbErr> {
    let kept = match kept {
        Some(token) => Entity::find_by_id(token.hash()).one(db).await?,
        None => None,
    };
    let mut others = Entity::delete_many().filter(Column::UserId.eq(user_id));
    if let Some(kept) = kept {
        others = others.filter(Column::Family.ne(kept.family));
    }
    others.exec(db).await?;
    Ok(())
}

/// Removes tokens that have ended.
///
/// # Errors
/// The store does not answer.
pub async fn sweep<C: ConnectionTrait>(db: &C, now: DateTime<Utc>) -> Result<(), DbErr> {
    Entity::delete_many().filter(Column::ExpiresAt.lt(now)).exec(db).await?;
    Ok(())
}

async fn insert<C: ConnectionTrait>(db: &C, token: &RefreshToken, family: Uuid, user_id: Uuid, now: DateTime<Utc>) -> Result<(), DbErr> {
    let row = ActiveModel { hash: Set(token.hash()), family: Set(family), user_id: Set(user_id), created_at: Set(now), expires_at: Set(now + LIFETIME), used_at: Set(None) };
    Entity::insert(row).exec_without_returning(db).await?;
    Ok(())
}

async fn mark_used<C: ConnectionTrait>(db: &C, row: &Model, now: DateTime<Utc>) -> Result<(), DbErr> {
    Entity::update_many().col_expr(Column::UsedAt, Expr::value(now)).filter(Column::Hash.eq(row.hash.as_str())).exec(db).await?;
    Ok(())
}

async fn end_family<C: ConnectionTrait>(db: &C, family: Uuid) -> Result<(), DbErr> {
    Entity::delete_many().filter(Column::Family.eq(family)).exec(db).await?;
    Ok(())
}
