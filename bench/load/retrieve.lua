local common = require "common"

function init(arguments)
  common.start(arguments)
  -- A request without a body says nothing of its type.
  common.headers["content-type"] = nil
end

function request()
  return wrk.format("GET", common.any_path(), common.headers)
end
