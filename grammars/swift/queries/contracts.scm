; Environment: ProcessInfo.processInfo.environment["NAME"], getenv("NAME").
((call_expression
  (navigation_expression
    target: (navigation_expression suffix: (navigation_suffix suffix: (simple_identifier) @_process))
    suffix: (navigation_suffix suffix: (simple_identifier) @_environment))
  (call_suffix (value_arguments . (value_argument value: (line_string_literal) @environment_key.name))))
  (#eq? @_process "processInfo") (#eq? @_environment "environment") (#set! gate "processInfo"))
((call_expression (simple_identifier) @_getenv (call_suffix (value_arguments . (value_argument value: (line_string_literal) @environment_key.name))))
  (#eq? @_getenv "getenv") (#set! gate "getenv"))
((call_expression
  (navigation_expression target: (simple_identifier) @_environment suffix: (navigation_suffix suffix: (simple_identifier) @_get))
  (call_suffix (value_arguments . (value_argument !name value: (line_string_literal) @environment_key.name))))
  (#eq? @_environment "Environment") (#eq? @_get "get") (#set! requires "Vapor"))

; Groups of Vapor: let users = app.grouped("users"), app.group("api", "users") { users in … }.
((property_declaration
  name: (pattern bound_identifier: (simple_identifier) @receiver)
  value: (call_expression
    (navigation_expression target: (simple_identifier) @receiver.parent suffix: (navigation_suffix suffix: (simple_identifier) @_grouped))
    (call_suffix (value_arguments . (value_argument !name value: [(line_string_literal) (navigation_expression)] @receiver.prefix)))))
  (#eq? @_grouped "grouped") (#set! requires "Vapor") (#set! listed ""))
((property_declaration
  name: (pattern bound_identifier: (simple_identifier) @receiver)
  value: (call_expression
    (navigation_expression
      target: (call_expression
        (navigation_expression target: (simple_identifier) @receiver.parent suffix: (navigation_suffix suffix: (simple_identifier) @_first))
        (call_suffix (value_arguments) @_middleware))
      suffix: (navigation_suffix suffix: (simple_identifier) @_grouped))
    (call_suffix (value_arguments . (value_argument !name value: (line_string_literal) @receiver.prefix)))))
  (#eq? @_first "grouped") (#not-match? @_middleware "\"") (#eq? @_grouped "grouped") (#set! requires "Vapor") (#set! listed ""))
((property_declaration
  name: (pattern bound_identifier: (simple_identifier) @receiver)
  value: (call_expression
    (navigation_expression target: (simple_identifier) @receiver.parent suffix: (navigation_suffix suffix: (simple_identifier) @_grouped))))
  (#eq? @_grouped "grouped") (#set! requires "Vapor"))
((call_expression
  (navigation_expression target: (simple_identifier) @receiver.parent suffix: (navigation_suffix suffix: (simple_identifier) @_group))
  (call_suffix
    (value_arguments . (value_argument !name value: (line_string_literal) @receiver.prefix))
    (lambda_literal type: (lambda_function_type (lambda_function_type_parameters (lambda_parameter name: (simple_identifier) @receiver))))))
  (#eq? @_group "group") (#set! requires "Vapor") (#set! listed ""))

; Routes of Vapor: app.get("path", ":id") { … }, app.get("path", use: handler).
((call_expression
  (navigation_expression target: (simple_identifier) @route.on suffix: (navigation_suffix suffix: (simple_identifier) @route.method))
  (call_suffix
    (value_arguments . (value_argument !name value: (line_string_literal) @route.name))
    (lambda_literal)))
  (#any-of? @route.method "get" "post" "put" "patch" "delete") (#set! requires "Vapor") (#set! relative "") (#set! joined "") (#set! listed "") (#set! loose ""))
((call_expression
  (navigation_expression target: (simple_identifier) @route.on suffix: (navigation_suffix suffix: (simple_identifier) @route.method))
  (call_suffix (value_arguments
    . (value_argument !name value: (line_string_literal) @route.name)
    (value_argument name: (value_argument_label (simple_identifier) @_use) value: (_) @route.handler) .)))
  (#any-of? @route.method "get" "post" "put" "patch" "delete") (#eq? @_use "use")
  (#set! requires "Vapor") (#set! relative "") (#set! joined "") (#set! listed "") (#set! loose ""))
((call_expression
  (navigation_expression target: (simple_identifier) @route.on suffix: (navigation_suffix suffix: (simple_identifier) @route.method))
  (call_suffix (value_arguments . (value_argument name: (value_argument_label (simple_identifier) @_use) value: (_) @route.handler) .)))
  (#any-of? @route.method "get" "post" "put" "patch" "delete") (#eq? @_use "use") (#set! requires "Vapor") (#set! loose ""))

((call_expression
  (navigation_expression target: (simple_identifier) @route.on suffix: (navigation_suffix suffix: (simple_identifier) @_on))
  (call_suffix
    (value_arguments
      . (value_argument value: (prefix_expression target: (simple_identifier) @route.method))
      . (value_argument !name value: (line_string_literal) @route.name))))
  (#eq? @_on "on") (#set! requires "Vapor") (#set! relative "") (#set! joined "") (#set! listed "") (#set! loose ""))
((call_expression
  (navigation_expression
    target: (call_expression
      (navigation_expression target: (simple_identifier) @route.on suffix: (navigation_suffix suffix: (simple_identifier) @_grouped))
      (call_suffix (value_arguments . (value_argument !name value: (line_string_literal) @route.name) .)))
    suffix: (navigation_suffix suffix: (simple_identifier) @route.method))
  (call_suffix (value_arguments . (value_argument !name value: (line_string_literal) @route.name) .) (lambda_literal)))
  (#eq? @_grouped "grouped") (#any-of? @route.method "get" "post" "put" "patch" "delete")
  (#set! requires "Vapor") (#set! relative "") (#set! joined "") (#set! loose ""))

; Requests: Alamofire's AF.request("https://host/path", method: .post).
((call_expression
  (navigation_expression target: (simple_identifier) @_af suffix: (navigation_suffix suffix: (simple_identifier) @_request))
  (call_suffix (value_arguments . (value_argument value: (line_string_literal) @request.name)) @_arguments))
  (#any-of? @_af "AF" "Alamofire") (#eq? @_request "request") (#not-match? @_arguments "method:") (#set! requires "Alamofire") (#set! method "GET"))
((call_expression
  (navigation_expression target: (simple_identifier) @_af suffix: (navigation_suffix suffix: (simple_identifier) @_request))
  (call_suffix (value_arguments
    . (value_argument value: (line_string_literal) @request.name)
    (value_argument
      name: (value_argument_label (simple_identifier) @_method)
      value: (prefix_expression target: (simple_identifier) @request.method)))))
  (#any-of? @_af "AF" "Alamofire") (#eq? @_request "request") (#eq? @_method "method") (#set! requires "Alamofire"))

; Commands: CommandConfiguration(commandName: "name").
((call_expression (simple_identifier) @_configuration (call_suffix (value_arguments (value_argument
  name: (value_argument_label (simple_identifier) @_name)
  value: (line_string_literal) @command.name))))
  (#eq? @_configuration "CommandConfiguration") (#eq? @_name "commandName") (#set! requires "ArgumentParser"))
