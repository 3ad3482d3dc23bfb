-- Returns the version that follows the one under the key, as digits, or nil when something else stands there.
-- The clock is the floor, so that a version that was lost is never given again.
local function next_version(key)
  local before = redis.call('GET', key)
  local version = 0
  if before then
    version = string.match(before, '^%d+$') and tonumber(before)
    if not version or version >= 9007199254740991 then
      return nil
    end
  end
  local clock = redis.call('TIME')
  local now = tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000)
  return string.format('%.0f', math.max(version + 1, now))
end

