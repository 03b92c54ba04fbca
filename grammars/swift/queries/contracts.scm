; Environment: ProcessInfo.processInfo.environment["NAME"], getenv("NAME").
((call_expression
  (navigation_expression
    target: (navigation_expression suffix: (navigation_suffix suffix: (simple_identifier) @_process))
    suffix: (navigation_suffix suffix: (simple_identifier) @_environment))
  (call_suffix (value_arguments . (value_argument value: (line_string_literal) @environment_key.name))))
  (#eq? @_process "processInfo") (#eq? @_environment "environment") (#set! gate "processInfo"))
((call_expression (simple_identifier) @_getenv (call_suffix (value_arguments . (value_argument value: (line_string_literal) @environment_key.name))))
  (#eq? @_getenv "getenv") (#set! gate "getenv"))
