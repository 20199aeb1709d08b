local common = require "common"

local count = 0

function init(arguments)
  common.start(arguments)
end

function request()
  count = count + 1
  local body = string.format(
    '{"external_id":"user_%d_%d","name":"%08x %08x","metadata":{"plan":"pro","seat":"%08x"}}',
    number, count, math.random(0, 0x7fffffff), math.random(0, 0x7fffffff), math.random(0, 0x7fffffff)
  )
  return wrk.format("POST", "/v1/user_profiles", common.headers, body)
end
