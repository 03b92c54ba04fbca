; What a Ruby file loads. Each pattern is run at a call.
(call !receiver method: (identifier) @_load arguments: (argument_list . (string (string_content) @import.star))
  (#any-of? @_load "require" "require_relative" "load" "autoload"))
