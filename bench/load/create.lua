local common = require "common"

function init(arguments)
  common.start(arguments)
end

function request()
  return common.create('"plan":"pro"')
end
