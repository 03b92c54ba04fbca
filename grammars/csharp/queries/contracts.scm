; Environment: Environment.GetEnvironmentVariable("NAME").
((invocation_expression
  function: (member_access_expression expression: (_) @_environment name: (identifier) @_get)
  arguments: (argument_list . (argument (string_literal) @environment_key.name)))
  (#match? @_environment "Environment$") (#eq? @_get "GetEnvironmentVariable") (#set! gate "GetEnvironmentVariable"))

; Settings: configuration["A:B"], configuration.GetValue<T>("A:B"), GetSection, GetConnectionString.
((element_access_expression
  expression: [(identifier) @_configuration (member_access_expression name: (identifier) @_configuration)]
  subscript: (bracketed_argument_list . (argument (string_literal) @configuration_key.name) .))
  (#match? @_configuration "^_?[cC]onfiguration$") (#set! gate "onfiguration["))
((invocation_expression
  function: (member_access_expression
    expression: [(identifier) @_configuration (member_access_expression name: (identifier) @_configuration)]
    name: [(identifier) @_get (generic_name (identifier) @_get)])
  arguments: (argument_list . (argument (string_literal) @configuration_key.name)))
  (#match? @_configuration "^_?[cC]onfig(uration)?$") (#any-of? @_get "GetValue" "GetSection" "GetRequiredSection" "GetConnectionString")
  (#set! gate "GetValue GetSection GetRequiredSection GetConnectionString"))

; Routes of ASP.NET: [Route("path")] around [HttpGet("path")], app.MapGet("/path", handler), app.MapGroup("/path").
((class_declaration (attribute_list (attribute name: (identifier) @_route (attribute_argument_list . (attribute_argument (string_literal) @route.prefix))))) @route.scope
  (#any-of? @_route "Route" "RoutePrefix") (#set! gate "[Route( [RoutePrefix("))
((method_declaration (attribute_list (attribute name: (identifier) @route.method
  (attribute_argument_list . (attribute_argument (string_literal) @route.name))))) @route.handler
  (#match? @route.method "^Http(Get|Post|Put|Patch|Delete|Head|Options)$") (#set! gate "[Http") (#set! relative ""))
((method_declaration (attribute_list (attribute name: (identifier) @route.method) @_attribute)) @route.handler
  (#match? @_attribute "^Http(Get|Post|Put|Patch|Delete|Head|Options)$") (#set! gate "[Http"))
((variable_declarator name: (identifier) @receiver (invocation_expression
  function: (member_access_expression expression: (identifier) @receiver.parent name: (identifier) @_group)
  arguments: (argument_list . (argument (string_literal) @receiver.prefix))))
  (#eq? @_group "MapGroup") (#set! gate "MapGroup"))
((invocation_expression
  function: (member_access_expression expression: (identifier) @route.on name: (identifier) @route.method)
  arguments: (argument_list . (argument (string_literal) @route.name) . (argument (_) @route.handler)))
  (#match? @route.method "^Map(Get|Post|Put|Patch|Delete)$") (#set! gate "MapGet MapPost MapPut MapPatch MapDelete") (#set! loose ""))
