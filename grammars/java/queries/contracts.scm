; Environment: System.getenv("NAME"), System.getenv().get("NAME").
((method_invocation object: (identifier) @_system name: (identifier) @_getenv arguments: (argument_list . (string_literal) @environment_key.name))
  (#eq? @_system "System") (#eq? @_getenv "getenv") (#set! gate "getenv"))
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
((class_declaration (modifiers (annotation name: (identifier) @_path arguments: (annotation_argument_list (string_literal) @route.prefix)))) @route.scope
  (#eq? @_path "Path") (#set! requires "jakarta.ws.rs javax.ws.rs"))
((method_declaration (modifiers
  (marker_annotation name: (identifier) @route.method)
  (annotation name: (identifier) @_path arguments: (annotation_argument_list (string_literal) @route.name)))) @route.handler
  (#any-of? @route.method "GET" "POST" "PUT" "PATCH" "DELETE" "HEAD") (#eq? @_path "Path") (#set! requires "jakarta.ws.rs javax.ws.rs") (#set! relative ""))
((method_declaration (modifiers
  (annotation name: (identifier) @_path arguments: (annotation_argument_list (string_literal) @route.name))
  (marker_annotation name: (identifier) @route.method))) @route.handler
  (#any-of? @route.method "GET" "POST" "PUT" "PATCH" "DELETE" "HEAD") (#eq? @_path "Path") (#set! requires "jakarta.ws.rs javax.ws.rs") (#set! relative ""))
((method_declaration (modifiers (marker_annotation name: (identifier) @route.method)) @_modifiers) @route.handler
  (#any-of? @route.method "GET" "POST" "PUT" "PATCH" "DELETE" "HEAD") (#not-match? @_modifiers "@Path") (#set! requires "jakarta.ws.rs javax.ws.rs"))

; Requests: the methods of a Feign client.
((interface_declaration
  (modifiers (annotation name: (identifier) @_feign))
  body: (interface_body (method_declaration (modifiers (annotation name: (identifier) @request.method
    arguments: (annotation_argument_list (string_literal) @request.name))))))
  (#eq? @_feign "FeignClient") (#match? @request.method "^(Get|Post|Put|Delete|Patch)Mapping$") (#set! requires "org.springframework"))

; Events: listeners and templates of Kafka, RabbitMQ and JMS.
((method_declaration (modifiers (annotation name: (identifier) @_listener arguments: (annotation_argument_list
  (element_value_pair key: (identifier) @_key value: [(string_literal) @subscriber.name (element_value_array_initializer (string_literal) @subscriber.name)]))))) @subscriber.handler
  (#any-of? @_listener "KafkaListener" "RabbitListener" "JmsListener" "SqsListener") (#any-of? @_key "topics" "queues" "destination")
  (#set! gate "KafkaListener RabbitListener JmsListener SqsListener"))
((method_invocation
  object: [(identifier) @_template (field_access field: (identifier) @_template)]
  name: (identifier) @_send
  arguments: (argument_list . (string_literal) @publisher.name))
  (#match? @_template "^(kafka|rabbit|jms|amqp)Template$") (#any-of? @_send "send" "convertAndSend") (#set! requires "org.springframework"))
