//! The Lua scripts: one for each change of more than one step, so that it happens wholly or not at all.

use deadpool_redis::redis::Script;

/// The scripts with their hashes, made once; the driver sends the hash and loads the text where it is unknown.
pub(super) struct Scripts {
    pub(super) bump: Script,
    pub(super) compare_and_delete: Script,
    pub(super) push: Script,
    pub(super) remove: Script,
    pub(super) token: Script,
    pub(super) fill: Script,
    pub(super) page: Script,
    pub(super) forget: Script,
    pub(super) acquire: Script,
    pub(super) extend: Script,
    pub(super) set_fenced: Script,
    pub(super) clear_lock: Script,
    pub(super) batch: Script,
}

impl Scripts {
    pub(super) fn new() -> Self {
        Self {
            bump: Script::new(concat!(
                include_str!("lua/version.lua"),
                include_str!("lua/bump.lua")
            )),
            compare_and_delete: Script::new(include_str!("lua/compare_and_delete.lua")),
            push: Script::new(concat!(
                include_str!("lua/warm.lua"),
                include_str!("lua/changes.lua"),
                include_str!("lua/push.lua")
            )),
            remove: Script::new(concat!(
                include_str!("lua/warm.lua"),
                include_str!("lua/changes.lua"),
                include_str!("lua/remove.lua")
            )),
            token: Script::new(include_str!("lua/token.lua")),
            fill: Script::new(concat!(
                include_str!("lua/warm.lua"),
                include_str!("lua/fill.lua")
            )),
            page: Script::new(concat!(
                include_str!("lua/warm.lua"),
                include_str!("lua/page.lua")
            )),
            forget: Script::new(concat!(
                include_str!("lua/warm.lua"),
                include_str!("lua/forget.lua")
            )),
            acquire: Script::new(include_str!("lua/acquire.lua")),
            extend: Script::new(include_str!("lua/extend.lua")),
            set_fenced: Script::new(include_str!("lua/set_fenced.lua")),
            clear_lock: Script::new(include_str!("lua/clear_lock.lua")),
            batch: Script::new(concat!(
                include_str!("lua/version.lua"),
                include_str!("lua/warm.lua"),
                include_str!("lua/changes.lua"),
                include_str!("lua/batch.lua")
            )),
        }
    }
}
