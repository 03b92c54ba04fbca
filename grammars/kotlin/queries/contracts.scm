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
((class_declaration (modifiers (annotation (constructor_invocation
  (user_type (identifier) @_mapping)
  (value_arguments . (value_argument [(identifier) (navigation_expression) (binary_expression)] @route.prefix)))))) @route.scope
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
((annotated_expression (annotation (user_type (identifier) @_mapping))
  (parenthesized_expression [(string_literal) (identifier) (navigation_expression)] @route.prefix))
  . (class_declaration) @route.scope
  (#eq? @_mapping "RequestMapping") (#set! requires "org.springframework"))
((annotated_expression (annotated_expression (annotation (user_type (identifier) @_mapping)) (parenthesized_expression (string_literal) @route.prefix)))
  . (class_declaration) @route.scope
  (#eq? @_mapping "RequestMapping") (#set! requires "org.springframework"))

; Routes of Micronaut, and of functions in Spring: GET("/path", handler).
((class_declaration (modifiers (annotation (constructor_invocation
  (user_type (identifier) @_controller) (value_arguments . (value_argument (string_literal) @route.prefix)))))) @route.scope
  (#eq? @_controller "Controller") (#set! requires "io.micronaut"))
((function_declaration (modifiers (annotation (constructor_invocation
  (user_type (identifier) @route.method) (value_arguments . (value_argument (string_literal) @route.name)))))) @route.handler
  (#any-of? @route.method "Get" "Post" "Put" "Delete" "Patch") (#set! requires "io.micronaut") (#set! relative ""))
((function_declaration (modifiers (annotation (user_type (identifier) @route.method)))) @route.handler
  (#any-of? @route.method "Get" "Post" "Put" "Delete" "Patch") (#set! requires "io.micronaut"))
((call_expression (identifier) @route.method
  (value_arguments . (value_argument (string_literal) @route.name) . (value_argument (_) @route.handler)))
  (#any-of? @route.method "GET" "POST" "PUT" "PATCH" "DELETE") (#set! requires "org.springframework.web"))
((call_expression
  (call_expression (identifier) @_nest (value_arguments . (value_argument (string_literal) @route.prefix) .))
  (annotated_lambda) @route.scope)
  (#any-of? @_nest "nest" "path") (#set! requires "org.springframework.web.reactive.function.server org.springframework.web.servlet.function"))

; Requests: Ktor's client.get("https://host/path"), RestTemplate, WebClient, Retrofit.
((call_expression
  (navigation_expression (_) @_client (identifier) @request.method)
  (value_arguments . (value_argument (string_literal) @request.name)))
  (#match? @_client "[cC]lient$|[hH]ttp$") (#any-of? @request.method "get" "post" "put" "patch" "delete" "head") (#set! requires "io.ktor.client") (#set! dollar ""))
((call_expression (navigation_expression (_) (identifier) @_get) (value_arguments . (value_argument (string_literal) @request.name)))
  (#any-of? @_get "getForObject" "getForEntity") (#set! requires "org.springframework") (#set! method "GET") (#set! dollar ""))
((call_expression (navigation_expression (_) (identifier) @_post) (value_arguments . (value_argument (string_literal) @request.name)))
  (#any-of? @_post "postForObject" "postForEntity" "postForLocation") (#set! requires "org.springframework") (#set! method "POST"))
((call_expression
  (navigation_expression
    (call_expression (navigation_expression (_) (identifier) @request.method) (value_arguments) @_none)
    (identifier) @_uri)
  (value_arguments . (value_argument (string_literal) @request.name)))
  (#any-of? @request.method "get" "post" "put" "patch" "delete" "head") (#eq? @_none "()") (#eq? @_uri "uri") (#set! requires "org.springframework"))
((function_declaration (modifiers (annotation (constructor_invocation
  (user_type (identifier) @request.method) (value_arguments . (value_argument (string_literal) @request.name))))))
  (#any-of? @request.method "GET" "POST" "PUT" "PATCH" "DELETE" "HEAD") (#set! requires "retrofit2") (#set! relative ""))

; Commands: picocli, Clikt.
((_ (modifiers (annotation (constructor_invocation
  (user_type (identifier) @_command)
  (value_arguments (value_argument (identifier) @_name (string_literal) @command.name)))))) @command.handler
  (#eq? @_command "Command") (#eq? @_name "name") (#set! requires "picocli"))
((class_declaration (delegation_specifiers (delegation_specifier (constructor_invocation
  (user_type (identifier) @_command)
  (value_arguments (value_argument (identifier) @_name (string_literal) @command.name)))))) @command.handler
  (#match? @_command "CliktCommand$") (#eq? @_name "name") (#set! requires "com.github.ajalt.clikt"))

; Events: listeners and templates of Kafka, RabbitMQ and JMS, records of Kafka.
((class_declaration
  (modifiers (annotation (constructor_invocation
    (user_type (identifier) @_listener)
    (value_arguments (value_argument (identifier) @_key [
      (string_literal) @subscriber.name
      (collection_literal (string_literal) @subscriber.name)])))))
  (class_body (function_declaration (modifiers (annotation (user_type (identifier) @_handler)))) @subscriber.handler))
  (#any-of? @_listener "KafkaListener" "RabbitListener") (#any-of? @_key "topics" "queues") (#any-of? @_handler "KafkaHandler" "RabbitHandler")
  (#set! gate "KafkaHandler RabbitHandler"))
((function_declaration (modifiers (annotation (constructor_invocation
  (user_type (identifier) @_listener)
  (value_arguments (value_argument (identifier) @_key [
    (string_literal) @subscriber.name
    (collection_literal (string_literal) @subscriber.name)])))))) @subscriber.handler
  (#any-of? @_listener "KafkaListener" "RabbitListener" "JmsListener" "SqsListener") (#any-of? @_key "topics" "queues" "destination")
  (#set! gate "KafkaListener RabbitListener JmsListener SqsListener"))
((call_expression
  (navigation_expression (_) @_template (identifier) @_send)
  (value_arguments . (value_argument (string_literal) @publisher.name)))
  (#match? @_template "(kafka|rabbit|jms|amqp)Template$") (#any-of? @_send "send" "convertAndSend") (#set! requires "org.springframework"))
((call_expression (identifier) @_record (value_arguments . (value_argument (string_literal) @publisher.name)))
  (#eq? @_record "ProducerRecord") (#set! requires "org.apache.kafka"))
((call_expression
  (navigation_expression (_) (identifier) @_subscribe)
  (value_arguments . (value_argument (call_expression (identifier) @_list (value_arguments (value_argument (string_literal) @subscriber.name))))))
  (#eq? @_subscribe "subscribe") (#any-of? @_list "listOf" "setOf") (#set! requires "org.apache.kafka"))
