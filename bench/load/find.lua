local common = require "common"

function init(arguments)
  common.start(arguments)
  common.headers["content-type"] = nil
end

-- A page of the 20 profiles of one team.
function request()
  local team = math.random(0, common.teams - 1)
  return wrk.format("GET", "/v1/user_profiles?limit=20&metadata[team]=team_" .. team, common.headers)
end
