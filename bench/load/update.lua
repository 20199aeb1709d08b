local common = require "common"

function init(arguments)
  common.start(arguments)
end

-- A random value, so that each update changes the profile.
function request()
  local body = string.format('{"metadata":{"plan":"%08x"}}', math.random(0, 0x7fffffff))
  return wrk.format("POST", common.any_path(), common.headers, body)
end
