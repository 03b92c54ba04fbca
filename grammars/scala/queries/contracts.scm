; Environment: sys.env("NAME"), sys.env.get("NAME"), System.getenv("NAME").
((call_expression
  function: (field_expression value: (identifier) @_sys field: (identifier) @_env)
  arguments: (arguments . (string) @environment_key.name))
  (#eq? @_sys "sys") (#eq? @_env "env") (#set! gate "sys.env"))
((call_expression
  function: (field_expression
    value: (field_expression value: (identifier) @_sys field: (identifier) @_env)
    field: (identifier) @_get)
  arguments: (arguments . (string) @environment_key.name))
  (#eq? @_sys "sys") (#eq? @_env "env") (#any-of? @_get "get" "getOrElse" "contains" "apply") (#set! gate "sys.env"))
((call_expression
  function: (field_expression value: (identifier) @_system field: (identifier) @_getenv)
  arguments: (arguments . (string) @environment_key.name))
  (#eq? @_system "System") (#eq? @_getenv "getenv") (#set! gate "getenv"))

; Settings: System.getProperty("name"), sys.props("name").
((call_expression
  function: (field_expression value: (identifier) @_system field: (identifier) @_get)
  arguments: (arguments . (string) @configuration_key.name))
  (#any-of? @_system "System" "sys") (#any-of? @_get "getProperty" "props") (#set! gate "System.getProperty sys.props"))
