; Environment: System.getenv("NAME"), System.getenv().get("NAME").
((method_invocation object: (identifier) @_system name: (identifier) @_getenv arguments: (argument_list . (string_literal) @environment_key.name))
  (#eq? @_system "System") (#eq? @_getenv "getenv") (#set! gate "getenv"))
; Methods of the file that read what they are given, and names that are put together.
((method_invocation object: (identifier) @_system name: (identifier) @_getenv arguments: (argument_list . (identifier) @environment_key.passed))
  (#eq? @_system "System") (#eq? @_getenv "getenv") (#set! gate "getenv"))
((method_invocation name: (identifier) @environment_key.by arguments: (argument_list (identifier) @environment_key.passed)) (#set! gate "getenv"))
((method_invocation name: (identifier) @environment_key.by arguments: (argument_list (string_literal) @environment_key.name)) (#set! gate "getenv"))
((method_invocation object: (identifier) @_system name: (identifier) @_getenv
  arguments: (argument_list . (binary_expression left: (_) @_left operator: "+" right: (string_literal) @environment_key.name)))
  (#eq? @_system "System") (#eq? @_getenv "getenv") (#not-match? @_left "^\"") (#set! gate "getenv") (#set! computed "before"))
((method_invocation name: (identifier) @environment_key.by arguments: (argument_list (string_literal) @environment_key.name))
  (#match? @environment_key.by "[eE][nN][vV]") (#match? @environment_key.name "^.[A-Z][A-Z0-9_]+.$")
  (#set! gate "nv( env_ _env envb envint envs EnvO EnvB EnvI EnvS EnvD EnvW EnvV EnvF EnvR ENV_") (#set! elsewhere ""))
((method_invocation
  object: (method_invocation object: (identifier) @_system name: (identifier) @_getenv)
  name: (identifier) @_get
  arguments: (argument_list . (string_literal) @environment_key.name))
  (#eq? @_system "System") (#eq? @_getenv "getenv") (#any-of? @_get "get" "getOrDefault" "containsKey") (#set! gate "getenv"))

; Settings: System.getProperty("name"), Spring's @Value("${name:default}") and Environment, @ConfigProperty(name = "name").
((method_invocation object: (identifier) @_system name: (identifier) @_get arguments: (argument_list . (string_literal) @configuration_key.name))
  (#any-of? @_system "System" "Boolean" "Integer" "Long") (#any-of? @_get "getProperty" "getBoolean" "getInteger" "getLong")
  (#set! gate "System.getProperty Boolean.getBoolean Integer.getInteger Long.getLong"))
((annotation name: (identifier) @_value arguments: (annotation_argument_list [
  (string_literal) @configuration_key.name
  (element_value_pair key: (identifier) @_key value: (string_literal) @configuration_key.name)]))
  (#eq? @_value "Value") (#set! requires "org.springframework") (#set! placeholder ""))
((annotation name: (identifier) @_prefix arguments: (annotation_argument_list [
  (string_literal) @configuration_key.name
  (element_value_pair key: (identifier) @_key value: (string_literal) @configuration_key.name)]))
  (#any-of? @_prefix "ConfigurationProperties" "ConditionalOnProperty") (#any-of? @_key "prefix" "value" "name") (#set! requires "org.springframework"))
((annotation name: (identifier) @_property arguments: (annotation_argument_list
  (element_value_pair key: (identifier) @_key value: (string_literal) @configuration_key.name)))
  (#eq? @_property "ConfigProperty") (#eq? @_key "name") (#set! requires "org.eclipse.microprofile.config"))
((method_invocation
  object: [(identifier) @_environment (field_access field: (identifier) @_environment)]
  name: (identifier) @_get
  arguments: (argument_list . (string_literal) @configuration_key.name))
  (#match? @_environment "^(env|environment)$") (#any-of? @_get "getProperty" "getRequiredProperty" "containsProperty")
  (#set! requires "org.springframework"))

; Routes of Spring: @RequestMapping("path") around @GetMapping("path").
((class_declaration (modifiers (annotation name: (identifier) @_mapping arguments: (annotation_argument_list [
  (string_literal) @route.prefix
  (element_value_pair key: (identifier) @_key value: (string_literal) @route.prefix)])))) @route.scope
  (#eq? @_mapping "RequestMapping") (#any-of? @_key "value" "path") (#set! requires "org.springframework"))
((class_declaration (modifiers (annotation name: (identifier) @_mapping arguments: (annotation_argument_list [
  (element_value_array_initializer . (string_literal) @route.prefix .)
  (element_value_pair key: (identifier) @_key value: (element_value_array_initializer . (string_literal) @route.prefix .))])))) @route.scope
  (#eq? @_mapping "RequestMapping") (#any-of? @_key "value" "path") (#set! requires "org.springframework"))
; A constant of the file is what it says, and of what is computed or several paths nobody knows where the routes begin.
((class_declaration (modifiers (annotation name: (identifier) @_mapping arguments: (annotation_argument_list
  . [(identifier) (field_access) (binary_expression) (element_value_array_initializer (_) . (_))] @route.prefix)))) @route.scope
  (#eq? @_mapping "RequestMapping") (#set! requires "org.springframework"))
((class_declaration (modifiers (annotation name: (identifier) @_mapping arguments: (annotation_argument_list
  (element_value_pair key: (identifier) @_key
    value: [(identifier) (field_access) (binary_expression) (element_value_array_initializer (_) . (_))] @route.prefix))))) @route.scope
  (#eq? @_mapping "RequestMapping") (#any-of? @_key "value" "path") (#set! requires "org.springframework"))
((class_declaration body: (class_body (method_declaration (modifiers (annotation name: (identifier) @route.method
  arguments: (annotation_argument_list [
    (string_literal) @route.name
    (element_value_array_initializer (string_literal) @route.name)
    (element_value_pair key: (identifier) @_key value: [(string_literal) @route.name (element_value_array_initializer (string_literal) @route.name)])])))) @route.handler))
  (#match? @route.method "^(Get|Post|Put|Delete|Patch|Request)Mapping$") (#any-of? @_key "value" "path")
  (#set! requires "org.springframework") (#set! relative ""))
((class_declaration body: (class_body (method_declaration (modifiers (annotation name: (identifier) @_mapping
  arguments: (annotation_argument_list
    (element_value_pair key: (identifier) @_key value: (string_literal) @route.name)
    (element_value_pair key: (identifier) @_method value: [
      (field_access field: (identifier) @route.method)
      (element_value_array_initializer (field_access field: (identifier) @route.method))])))) @route.handler)))
  (#eq? @_mapping "RequestMapping") (#any-of? @_key "value" "path") (#eq? @_method "method") (#set! requires "org.springframework") (#set! relative ""))
((class_declaration body: (class_body (method_declaration (modifiers (marker_annotation name: (identifier) @route.method))) @route.handler))
  (#match? @route.method "^(Get|Post|Put|Delete|Patch)Mapping$") (#set! requires "org.springframework"))

; Routes of JAX-RS: @Path("path") around @GET @Path("path").
([(class_declaration (modifiers (annotation name: (identifier) @_path arguments: (annotation_argument_list
    [(string_literal) (identifier) (field_access) (binary_expression)] @route.prefix))))
  (class_declaration (modifiers (annotation name: (identifier) @_path arguments: (annotation_argument_list
    (element_value_pair value: (_) @route.prefix)))))
  (interface_declaration (modifiers (annotation name: (identifier) @_path arguments: (annotation_argument_list
    [(string_literal) (identifier) (field_access) (binary_expression)] @route.prefix))))] @route.scope
  (#eq? @_path "Path") (#set! requires "jakarta.ws.rs javax.ws.rs") (#set! inherited ""))
((method_declaration (modifiers
  (marker_annotation name: (identifier) @route.method)
  (annotation name: (identifier) @_path arguments: (annotation_argument_list (string_literal) @route.name)))) @route.handler
  (#any-of? @route.method "GET" "POST" "PUT" "PATCH" "DELETE" "HEAD") (#eq? @_path "Path") (#set! requires "jakarta.ws.rs javax.ws.rs") (#set! inherited "") (#set! relative ""))
((method_declaration (modifiers
  (annotation name: (identifier) @_path arguments: (annotation_argument_list (string_literal) @route.name))
  (marker_annotation name: (identifier) @route.method))) @route.handler
  (#any-of? @route.method "GET" "POST" "PUT" "PATCH" "DELETE" "HEAD") (#eq? @_path "Path") (#set! requires "jakarta.ws.rs javax.ws.rs") (#set! inherited "") (#set! relative ""))
((method_declaration (modifiers (marker_annotation name: (identifier) @route.method)) @_modifiers) @route.handler
  (#any-of? @route.method "GET" "POST" "PUT" "PATCH" "DELETE" "HEAD") (#not-match? @_modifiers "@Path") (#set! requires "jakarta.ws.rs javax.ws.rs") (#set! inherited ""))

; Requests: the methods of a Feign client.
((interface_declaration
  (modifiers (annotation name: (identifier) @_feign))
  body: (interface_body (method_declaration (modifiers (annotation name: (identifier) @request.method
    arguments: (annotation_argument_list (string_literal) @request.name))))))
  (#eq? @_feign "FeignClient") (#match? @request.method "^(Get|Post|Put|Delete|Patch)Mapping$") (#set! requires "org.springframework"))

; Events: listeners and templates of Kafka, RabbitMQ and JMS.
((class_declaration
  (modifiers (annotation name: (identifier) @_listener arguments: (annotation_argument_list
    (element_value_pair key: (identifier) @_key value: [(string_literal) @subscriber.name (element_value_array_initializer (string_literal) @subscriber.name)]))))
  body: (class_body (method_declaration (modifiers [(marker_annotation name: (identifier) @_handler) (annotation name: (identifier) @_handler)])) @subscriber.handler))
  (#any-of? @_listener "KafkaListener" "RabbitListener") (#any-of? @_key "topics" "queues") (#any-of? @_handler "KafkaHandler" "RabbitHandler")
  (#set! gate "KafkaHandler RabbitHandler"))
((method_declaration (modifiers (annotation name: (identifier) @_listener arguments: (annotation_argument_list
  (element_value_pair key: (identifier) @_key value: [(string_literal) @subscriber.name (element_value_array_initializer (string_literal) @subscriber.name)]))))) @subscriber.handler
  (#any-of? @_listener "KafkaListener" "RabbitListener" "JmsListener" "SqsListener") (#any-of? @_key "topics" "queues" "destination")
  (#set! gate "KafkaListener RabbitListener JmsListener SqsListener"))
((method_invocation
  object: [(identifier) @_template (field_access field: (identifier) @_template)]
  name: (identifier) @_send
  arguments: (argument_list . (string_literal) @publisher.name))
  (#match? @_template "^(kafka|rabbit|jms|amqp)Template$") (#any-of? @_send "send" "convertAndSend") (#set! requires "org.springframework"))

; Routes of Micronaut: @Controller("path") around @Get("path").
((class_declaration (modifiers (annotation name: (identifier) @_controller arguments: (annotation_argument_list [
  (string_literal) @route.prefix
  (element_value_pair key: (identifier) @_key value: (string_literal) @route.prefix)])))) @route.scope
  (#eq? @_controller "Controller") (#any-of? @_key "value") (#set! requires "io.micronaut"))
((class_declaration body: (class_body (method_declaration (modifiers (annotation name: (identifier) @route.method
  arguments: (annotation_argument_list [
    (string_literal) @route.name
    (element_value_pair key: (identifier) @_key value: (string_literal) @route.name)])))) @route.handler))
  (#any-of? @route.method "Get" "Post" "Put" "Delete" "Patch" "Head" "Options") (#any-of? @_key "value" "uri")
  (#set! requires "io.micronaut") (#set! relative ""))
((class_declaration body: (class_body (method_declaration (modifiers (marker_annotation name: (identifier) @route.method))) @route.handler))
  (#any-of? @route.method "Get" "Post" "Put" "Delete" "Patch" "Head" "Options") (#set! requires "io.micronaut"))

; Routes of Javalin and Spark: app.get("/path", handler) inside path("/path", …), of Vert.x: router.get("/path").handler(handler),
; of servlets: @WebServlet("/path"), and of functions in Spring: route().GET("/path", handler).
((method_invocation name: (identifier) @route.method
  arguments: (argument_list . (string_literal) @route.name . [(lambda_expression) (method_reference) (identifier) (field_access)] @route.handler))
  (#any-of? @route.method "get" "post" "put" "patch" "delete" "head" "options") (#set! requires "io.javalin spark") (#set! relative ""))
((method_invocation name: (identifier) @_path arguments: (argument_list . (string_literal) @route.prefix . (lambda_expression) @route.scope))
  (#eq? @_path "path") (#set! requires "io.javalin spark"))
((method_invocation
  object: (method_invocation name: (identifier) @route.method arguments: (argument_list . (string_literal) @route.name .))
  name: (identifier) @_handler
  arguments: (argument_list (_) @route.handler))
  (#any-of? @route.method "get" "post" "put" "patch" "delete" "head" "options" "route") (#any-of? @_handler "handler" "respond")
  (#set! requires "io.vertx"))
((class_declaration (modifiers (annotation name: (identifier) @_servlet arguments: (annotation_argument_list [
  (string_literal) @route.name
  (element_value_array_initializer (string_literal) @route.name)
  (element_value_pair key: (identifier) @_key value: [(string_literal) @route.name (element_value_array_initializer (string_literal) @route.name)])])))) @route.handler
  (#eq? @_servlet "WebServlet") (#any-of? @_key "value" "urlPatterns") (#set! gate "@WebServlet") (#set! method "ANY"))
((method_invocation name: (identifier) @route.method
  arguments: (argument_list . (string_literal) @route.name . [(lambda_expression) (method_reference) (identifier)] @route.handler))
  (#any-of? @route.method "GET" "POST" "PUT" "PATCH" "DELETE" "HEAD")
  (#set! requires "org.springframework.web.reactive.function.server org.springframework.web.servlet.function"))

; Requests: RestTemplate, WebClient and RestClient, @GetExchange, Retrofit.
((method_invocation name: (identifier) @_get arguments: (argument_list . (string_literal) @request.name))
  (#any-of? @_get "getForObject" "getForEntity") (#set! requires "org.springframework") (#set! method "GET"))
((method_invocation name: (identifier) @_post arguments: (argument_list . (string_literal) @request.name))
  (#any-of? @_post "postForObject" "postForEntity" "postForLocation") (#set! requires "org.springframework") (#set! method "POST"))
((method_invocation name: (identifier) @_exchange
  arguments: (argument_list . (string_literal) @request.name . (field_access object: (_) @_methods field: (identifier) @request.method)))
  (#eq? @_exchange "exchange") (#match? @_methods "HttpMethod$") (#set! requires "org.springframework"))
((method_invocation
  object: (method_invocation name: (identifier) @request.method arguments: (argument_list) @_none)
  name: (identifier) @_uri
  arguments: (argument_list . (string_literal) @request.name))
  (#any-of? @request.method "get" "post" "put" "patch" "delete" "head") (#eq? @_none "()") (#eq? @_uri "uri") (#set! requires "org.springframework"))
((interface_declaration body: (interface_body (method_declaration (modifiers (annotation name: (identifier) @request.method
  arguments: (annotation_argument_list (string_literal) @request.name))))))
  (#match? @request.method "^(Get|Post|Put|Delete|Patch)Exchange$") (#set! requires "org.springframework"))
((interface_declaration body: (interface_body (method_declaration (modifiers (annotation name: (identifier) @request.method
  arguments: (annotation_argument_list (string_literal) @request.name))))))
  (#any-of? @request.method "GET" "POST" "PUT" "PATCH" "DELETE" "HEAD") (#set! requires "retrofit2") (#set! relative ""))

; Commands: picocli, Spring Shell.
((_ (modifiers (annotation name: (identifier) @_command arguments: (annotation_argument_list
  (element_value_pair key: (identifier) @_name value: (string_literal) @command.name))))) @command.handler
  (#any-of? @_command "Command" "CommandLine.Command") (#eq? @_name "name") (#set! requires "picocli"))
((method_declaration (modifiers (annotation name: (identifier) @_method arguments: (annotation_argument_list
  (element_value_pair key: (identifier) @_key value: (string_literal) @command.name))))) @command.handler
  (#any-of? @_method "ShellMethod" "Command") (#any-of? @_key "key" "command") (#set! requires "org.springframework.shell"))

; Events: clients of Kafka and NATS, reactive messaging, Micronaut, the event bus of Vert.x.
((object_creation_expression type: [(type_identifier) @_record (generic_type . (type_identifier) @_record)]
  arguments: (argument_list . (string_literal) @publisher.name))
  (#eq? @_record "ProducerRecord") (#set! requires "org.apache.kafka"))
((method_invocation name: (identifier) @_subscribe
  arguments: (argument_list . (method_invocation name: (identifier) @_list arguments: (argument_list (string_literal) @subscriber.name))))
  (#eq? @_subscribe "subscribe") (#any-of? @_list "of" "asList" "singletonList" "singleton") (#set! requires "org.apache.kafka"))
((method_declaration (modifiers (annotation name: (identifier) @_incoming arguments: (annotation_argument_list (string_literal) @subscriber.name)))) @subscriber.handler
  (#eq? @_incoming "Incoming") (#set! requires "org.eclipse.microprofile.reactive.messaging"))
((method_declaration (modifiers (annotation name: (identifier) @_outgoing arguments: (annotation_argument_list (string_literal) @publisher.name)))) @publisher.handler
  (#eq? @_outgoing "Outgoing") (#set! requires "org.eclipse.microprofile.reactive.messaging"))
((method_declaration (modifiers (annotation name: (identifier) @_topic arguments: (annotation_argument_list (string_literal) @subscriber.name)))) @subscriber.handler
  (#any-of? @_topic "Topic" "Queue") (#set! requires "io.micronaut.configuration.kafka io.micronaut.rabbitmq io.micronaut.jms"))
((method_invocation object: (_) @_connection name: (identifier) @_publish arguments: (argument_list . (string_literal) @publisher.name))
  (#eq? @_publish "publish") (#match? @_connection "^(nc|nats|connection|conn)$") (#set! requires "io.nats"))
((method_invocation name: (identifier) @_subscribe arguments: (argument_list . (string_literal) @subscriber.name))
  (#eq? @_subscribe "subscribe") (#set! requires "io.nats"))
((method_invocation object: (_) @_bus name: (identifier) @_consumer
  arguments: (argument_list . (string_literal) @subscriber.name . (_) @subscriber.handler))
  (#match? @_bus "([eE]ventBus([(][)])?|^eb|^bus)$") (#any-of? @_consumer "consumer" "localConsumer") (#set! requires "io.vertx"))
((method_invocation object: (_) @_bus name: (identifier) @_publish arguments: (argument_list . (string_literal) @publisher.name))
  (#match? @_bus "([eE]ventBus([(][)])?|^eb|^bus)$") (#any-of? @_publish "publish" "send" "request") (#set! requires "io.vertx"))
