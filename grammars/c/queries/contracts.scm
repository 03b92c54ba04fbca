; Environment: getenv("NAME").
((call_expression function: (identifier) @_getenv arguments: (argument_list . (string_literal) @environment_key.name))
  (#match? @_getenv "^(secure_|__secure_)?getenv$") (#set! gate "getenv"))
