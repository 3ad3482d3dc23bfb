-- KEYS: of each step its key, and for a list its marker and token. ARGV: of each step its name and what it needs.
-- An error takes nothing back, so every check stands before the first write.
local shapes = {
  set = { 1, 2 }, delete = { 1, 0 }, bump = { 1, 1 },
  push = { 3, 6 }, remove = { 3, 5 }, forget = { 3, 0 }, show = { 3, 1 },
}

local steps = {}
local key, place = 1, 1
while place <= #ARGV do
  local step = { name = ARGV[place], k = key, a = place + 1 }
  local shape = shapes[step.name]
  if step.name == 'bump' then
    step.version = next_version(KEYS[key])
    if not step.version then
      return redis.error_reply('WRONGTYPE no version stands here')
    end
  elseif shape[1] == 3 then
    step.state = warm(KEYS[key], KEYS[key + 1])
  end
  steps[#steps + 1] = step
  key, place = key + shape[1], place + 1 + shape[2]
end

local does = {}

-- Value, life in ms.
function does.set(_, keys, args)
  redis.call('SET', keys[1], args[1], 'PX', args[2])
end

function does.delete(_, keys)
  redis.call('UNLINK', keys[1])
end

-- Life in ms.
function does.bump(step, keys, args)
  redis.call('SET', keys[1], step.version, 'PX', args[1])
end

-- New token, its life in ms, how to hide the list, id, life in ms, cap.
function does.push(step, keys, args)
  redis.call('SET', keys[3], args[1], 'PX', args[2])
  if step.state then
    put_first(keys[1], keys[2], step.state, args[4], args[6], args[5], args[3])
  end
end

-- New token, its life in ms, how to hide the list, id, life in ms.
function does.remove(step, keys, args)
  redis.call('SET', keys[3], args[1], 'PX', args[2])
  if step.state then
    take_out(keys[1], keys[2], step.state, args[4], args[5], args[3])
  end
end

function does.forget(_, keys)
  redis.call('DEL', keys[1], keys[2], keys[3])
end

-- The token of the change that hid the list: when another stands, a change is missing and the list stays hidden.
function does.show(_, keys, args)
  local note = redis.call('GET', keys[2])
  local hider, shown = string.match(note or '', '^hidden%-(%x+)%-(%a+:%d+)$')
  if hider == args[1] and redis.call('GET', keys[3]) == hider then
    redis.call('SET', keys[2], shown, 'KEEPTTL')
  end
end

for _, step in ipairs(steps) do
  local keys = { KEYS[step.k], KEYS[step.k + 1], KEYS[step.k + 2] }
  does[step.name](step, keys, { unpack(ARGV, step.a, math.min(step.a + 5, #ARGV)) })
end
return 1
