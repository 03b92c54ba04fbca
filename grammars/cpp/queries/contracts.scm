; Environment: getenv("NAME"), std::getenv("NAME"), Qt's qgetenv("NAME").
((call_expression
  function: [(identifier) @_getenv (qualified_identifier name: (identifier) @_getenv)]
  arguments: (argument_list . (string_literal) @environment_key.name))
  (#match? @_getenv "^(secure_|__secure_|q)?getenv$") (#set! gate "getenv"))
