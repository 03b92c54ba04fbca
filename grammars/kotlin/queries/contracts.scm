; Environment: System.getenv("NAME"), System.getenv()["NAME"].
((call_expression
  (navigation_expression (identifier) @_system (identifier) @_getenv)
  (value_arguments . (value_argument (string_literal) @environment_key.name)))
  (#eq? @_system "System") (#eq? @_getenv "getenv") (#set! gate "getenv"))
((index_expression
  (call_expression (navigation_expression (identifier) @_system (identifier) @_getenv))
  (string_literal) @environment_key.name)
  (#eq? @_system "System") (#eq? @_getenv "getenv") (#set! gate "getenv"))

; Settings: System.getProperty("name"), Spring's @Value("\${name:default}").
((call_expression
  (navigation_expression (identifier) @_system (identifier) @_get)
  (value_arguments . (value_argument (string_literal) @configuration_key.name)))
  (#eq? @_system "System") (#eq? @_get "getProperty") (#set! gate "System.getProperty"))
((annotation (constructor_invocation
  (user_type (identifier) @_value)
  (value_arguments (value_argument (string_literal) @configuration_key.name))))
  (#eq? @_value "Value") (#set! requires "org.springframework") (#set! placeholder ""))
((annotation (constructor_invocation
  (user_type (identifier) @_prefix)
  (value_arguments (value_argument (string_literal) @configuration_key.name))))
  (#any-of? @_prefix "ConfigurationProperties" "ConditionalOnProperty") (#set! requires "org.springframework"))

; Routes of Spring: @RequestMapping("path") around @GetMapping("path").
((class_declaration (modifiers (annotation (constructor_invocation
  (user_type (identifier) @_mapping) (value_arguments . (value_argument (string_literal) @route.prefix)))))) @route.scope
  (#eq? @_mapping "RequestMapping") (#set! requires "org.springframework"))
((function_declaration (modifiers (annotation (constructor_invocation
  (user_type (identifier) @route.method) (value_arguments . (value_argument (string_literal) @route.name)))))) @route.handler
  (#match? @route.method "^(Get|Post|Put|Delete|Patch)Mapping$") (#set! requires "org.springframework") (#set! relative ""))
((function_declaration (modifiers (annotation (user_type (identifier) @route.method)))) @route.handler
  (#match? @route.method "^(Get|Post|Put|Delete|Patch)Mapping$") (#set! requires "org.springframework"))

; Routes of Ktor: get("/path") { … } inside route("/path") { … }.
((call_expression (call_expression (identifier) @route.method (value_arguments . (value_argument (string_literal) @route.name) .)) (annotated_lambda))
  (#any-of? @route.method "get" "post" "put" "patch" "delete") (#set! requires "io.ktor.server"))
((call_expression (call_expression (identifier) @_route (value_arguments . (value_argument (string_literal) @route.prefix) .)) (annotated_lambda) @route.scope)
  (#eq? @_route "route") (#set! requires "io.ktor.server"))
; The annotations of a class behind imports are read as an expression before it.
((annotated_expression (annotation (user_type (identifier) @_mapping)) (parenthesized_expression (string_literal) @route.prefix))
  . (class_declaration) @route.scope
  (#eq? @_mapping "RequestMapping") (#set! requires "org.springframework"))
((annotated_expression (annotated_expression (annotation (user_type (identifier) @_mapping)) (parenthesized_expression (string_literal) @route.prefix)))
  . (class_declaration) @route.scope
  (#eq? @_mapping "RequestMapping") (#set! requires "org.springframework"))
