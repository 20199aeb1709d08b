local common = require "common"

function init(arguments)
  common.start(arguments)
  common.headers["content-type"] = nil
end

-- A look-up by the external id of one profile.
function request()
  local path = "/v1/user_profiles?external_id=user_" .. math.random(0, common.profiles - 1)
  return wrk.format("GET", path, common.headers)
end
