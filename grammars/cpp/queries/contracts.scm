; Environment: getenv("NAME"), std::getenv("NAME"), Qt's qgetenv("NAME").
((call_expression
  function: [(identifier) @_getenv (qualified_identifier name: (identifier) @_getenv)]
  arguments: (argument_list . (string_literal) @environment_key.name))
  (#match? @_getenv "^(secure_|__secure_|q)?getenv$") (#set! gate "getenv"))

; Routes: cpp-httplib's server.Get("/path", [](…) { … }), Crow's CROW_ROUTE(app, "/path")(handler).
((call_expression
  function: (field_expression field: (field_identifier) @route.method)
  arguments: (argument_list . [(string_literal) (raw_string_literal)] @route.name . (lambda_expression)))
  (#any-of? @route.method "Get" "Post" "Put" "Patch" "Delete" "Options") (#set! gate "httplib"))
((call_expression
  function: (call_expression function: (identifier) @_route arguments: (argument_list . (_) . (string_literal) @route.name .))
  arguments: (argument_list . (_) @route.handler .))
  (#eq? @_route "CROW_ROUTE") (#set! gate "CROW_ROUTE") (#set! method "GET"))
((call_expression
  function: (call_expression
    function: (field_expression
      argument: (call_expression function: (identifier) @_route arguments: (argument_list . (_) . (string_literal) @route.name .))
      field: (field_identifier) @_methods)
    arguments: (argument_list (user_defined_literal (string_literal) @route.method)))
  arguments: (argument_list . (_) @route.handler .))
  (#eq? @_route "CROW_ROUTE") (#eq? @_methods "methods") (#set! gate "CROW_ROUTE"))

; Requests: cpp-httplib's client.Get("/path").
((call_expression
  function: (field_expression argument: (_) @_client field: (field_identifier) @request.method)
  arguments: (argument_list . (string_literal) @request.name . (lambda_expression)? @_handler))
  (#match? @_client "^_?(cli|client|http_client)_?$") (#any-of? @request.method "Get" "Post" "Put" "Patch" "Delete") (#not-match? @_handler ".")
  (#set! gate "httplib"))

; Commands: CLI11's app.add_subcommand("name").
((call_expression function: (field_expression field: (field_identifier) @_add) arguments: (argument_list . (string_literal) @command.name))
  (#eq? @_add "add_subcommand") (#set! gate "add_subcommand"))
