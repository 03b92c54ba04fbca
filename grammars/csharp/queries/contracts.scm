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
  (#any-of? @_route "Route" "RoutePrefix") (#set! gate "[Route( [RoutePrefix(") (#set! token "controller Controller"))
((class_declaration (attribute_list (attribute name: (identifier) @_route (attribute_argument_list
  . (attribute_argument !name [(identifier) (member_access_expression) (binary_expression) (interpolated_string_expression)] @route.prefix))))) @route.scope
  (#any-of? @_route "Route" "RoutePrefix") (#set! gate "[Route( [RoutePrefix(") (#set! token "controller Controller"))
((method_declaration (attribute_list (attribute name: (identifier) @route.method
  (attribute_argument_list . (attribute_argument (string_literal) @route.name))))) @route.handler
  (#match? @route.method "^Http(Get|Post|Put|Patch|Delete|Head|Options)$") (#set! gate "HttpGet HttpPost HttpPut HttpPatch HttpDelete HttpHead HttpOptions") (#set! relative "") (#set! rooted "")
  (#set! token "action Async") (#set! inherits ""))
((method_declaration (attribute_list (attribute name: (identifier) @route.method) @_attribute)) @route.handler
  (#match? @_attribute "^Http(Get|Post|Put|Patch|Delete|Head|Options)$") (#set! gate "HttpGet HttpPost HttpPut HttpPatch HttpDelete HttpHead HttpOptions") (#set! scoped "")
  (#set! token "action Async") (#set! inherits ""))
; With its path beside: [HttpGet] [Route("path")], in any order, in one list or several. It stands for the method alone too.
((method_declaration
  (attribute_list (attribute name: (identifier) @route.method @route.of) @_attribute)
  (attribute_list (attribute name: (identifier) @_route (attribute_argument_list . (attribute_argument (string_literal) @route.name))))) @route.handler
  (#match? @_attribute "^Http(Get|Post|Put|Patch|Delete|Head|Options)$") (#eq? @_route "Route")
  (#set! gate "HttpGet HttpPost HttpPut HttpPatch HttpDelete HttpHead HttpOptions") (#set! relative "") (#set! rooted "") (#set! token "action Async") (#set! inherits ""))
((method_declaration
  (attribute_list (attribute name: (identifier) @_route (attribute_argument_list . (attribute_argument (string_literal) @route.name))))
  (attribute_list (attribute name: (identifier) @route.method @route.of) @_attribute)) @route.handler
  (#match? @_attribute "^Http(Get|Post|Put|Patch|Delete|Head|Options)$") (#eq? @_route "Route")
  (#set! gate "HttpGet HttpPost HttpPut HttpPatch HttpDelete HttpHead HttpOptions") (#set! relative "") (#set! rooted "") (#set! token "action Async") (#set! inherits ""))
((method_declaration
  (attribute_list
    (attribute name: (identifier) @route.method @route.of) @_attribute
    (attribute name: (identifier) @_route (attribute_argument_list . (attribute_argument (string_literal) @route.name))))) @route.handler
  (#match? @_attribute "^Http(Get|Post|Put|Patch|Delete|Head|Options)$") (#eq? @_route "Route")
  (#set! gate "HttpGet HttpPost HttpPut HttpPatch HttpDelete HttpHead HttpOptions") (#set! relative "") (#set! rooted "") (#set! token "action Async") (#set! inherits ""))
((method_declaration
  (attribute_list
    (attribute name: (identifier) @_route (attribute_argument_list . (attribute_argument (string_literal) @route.name)))
    (attribute name: (identifier) @route.method @route.of) @_attribute)) @route.handler
  (#match? @_attribute "^Http(Get|Post|Put|Patch|Delete|Head|Options)$") (#eq? @_route "Route")
  (#set! gate "HttpGet HttpPost HttpPut HttpPatch HttpDelete HttpHead HttpOptions") (#set! relative "") (#set! rooted "") (#set! token "action Async") (#set! inherits ""))
((variable_declarator name: (identifier) @receiver [
  (invocation_expression
    function: (member_access_expression expression: (identifier) @receiver.parent name: (identifier) @_group)
    arguments: (argument_list . (argument (string_literal) @receiver.prefix)))
  (invocation_expression function: (member_access_expression expression: (invocation_expression
    function: (member_access_expression expression: (identifier) @receiver.parent name: (identifier) @_group)
    arguments: (argument_list . (argument (string_literal) @receiver.prefix)))))
  (invocation_expression function: (member_access_expression expression: (invocation_expression
    function: (member_access_expression expression: (invocation_expression
      function: (member_access_expression expression: (identifier) @receiver.parent name: (identifier) @_group)
      arguments: (argument_list . (argument (string_literal) @receiver.prefix)))))))])
  (#eq? @_group "MapGroup") (#set! gate "MapGroup"))
; app.MapGroup("/path").MapGet("/path", handler), with up to two calls between.
((invocation_expression
  function: (member_access_expression
    expression: (invocation_expression
      function: (member_access_expression expression: (identifier) @route.on name: (identifier) @_group)
      arguments: (argument_list . (argument (string_literal) @route.name)))
    name: (identifier) @route.method)
  arguments: (argument_list . (argument (string_literal) @route.name) . (argument (_) @route.handler)))
  (#eq? @_group "MapGroup") (#match? @route.method "^Map(Get|Post|Put|Patch|Delete)$") (#set! gate "MapGroup") (#set! loose "") (#set! joined "") (#set! relative ""))
((invocation_expression
  function: (member_access_expression
    expression: (invocation_expression function: (member_access_expression expression: (invocation_expression
      function: (member_access_expression expression: (identifier) @route.on name: (identifier) @_group)
      arguments: (argument_list . (argument (string_literal) @route.name)))))
    name: (identifier) @route.method)
  arguments: (argument_list . (argument (string_literal) @route.name) . (argument (_) @route.handler)))
  (#eq? @_group "MapGroup") (#match? @route.method "^Map(Get|Post|Put|Patch|Delete)$") (#set! gate "MapGroup") (#set! loose "") (#set! joined "") (#set! relative ""))
((invocation_expression
  function: (member_access_expression
    expression: (invocation_expression function: (member_access_expression expression: (invocation_expression function: (member_access_expression expression: (invocation_expression
      function: (member_access_expression expression: (identifier) @route.on name: (identifier) @_group)
      arguments: (argument_list . (argument (string_literal) @route.name)))))))
    name: (identifier) @route.method)
  arguments: (argument_list . (argument (string_literal) @route.name) . (argument (_) @route.handler)))
  (#eq? @_group "MapGroup") (#match? @route.method "^Map(Get|Post|Put|Patch|Delete)$") (#set! gate "MapGroup") (#set! loose "") (#set! joined "") (#set! relative ""))
((invocation_expression
  function: (member_access_expression expression: (identifier) @route.on name: (identifier) @route.method)
  arguments: (argument_list . (argument (string_literal) @route.name) . (argument (_) @route.handler)))
  (#match? @route.method "^Map(Get|Post|Put|Patch|Delete)$") (#set! gate "MapGet MapPost MapPut MapPatch MapDelete") (#set! loose ""))

; Routes of Azure Functions: [HttpTrigger(level, "get", Route = "path")], and of FastEndpoints: Get("/path") in Configure.
((method_declaration parameters: (parameter_list (parameter (attribute_list (attribute name: (identifier) @_trigger
  (attribute_argument_list
    (attribute_argument (string_literal) @route.method)
    (attribute_argument name: (identifier) @_route (string_literal) @route.name))))))) @route.handler
  (#eq? @_trigger "HttpTrigger") (#eq? @_route "Route") (#set! gate "HttpTrigger") (#set! relative ""))
((class_declaration body: (declaration_list (method_declaration name: (identifier) @_configure body: (block (expression_statement
  (invocation_expression function: (identifier) @route.method arguments: (argument_list . (argument (string_literal) @route.name)))))))) @route.handler
  (#eq? @_configure "Configure") (#any-of? @route.method "Get" "Post" "Put" "Patch" "Delete") (#set! requires "FastEndpoints") (#set! relative ""))

; Requests: HttpClient, and the interfaces of Refit.
((invocation_expression
  function: (member_access_expression
    expression: [(identifier) @_client (member_access_expression name: (identifier) @_client)]
    name: [(identifier) @_get (generic_name (identifier) @_get)])
  arguments: (argument_list . (argument [(string_literal) (interpolated_string_expression)] @request.name)))
  (#match? @_client "[hH]ttp|[cC]lient$|^_?api$") (#match? @_get "^Get(String|FromJson|ByteArray|Stream)?Async$") (#match? @request.name "/")
  (#set! gate "HttpClient httpClient") (#set! relative "") (#set! method "GET"))
((invocation_expression
  function: (member_access_expression
    expression: [(identifier) @_client (member_access_expression name: (identifier) @_client)]
    name: [(identifier) @_post (generic_name (identifier) @_post)])
  arguments: (argument_list . (argument [(string_literal) (interpolated_string_expression)] @request.name)))
  (#match? @_client "[hH]ttp|[cC]lient$|^_?api$") (#any-of? @_post "PostAsync" "PostAsJsonAsync") (#match? @request.name "/")
  (#set! gate "HttpClient httpClient") (#set! relative "") (#set! method "POST"))
((invocation_expression
  function: (member_access_expression
    expression: [(identifier) @_client (member_access_expression name: (identifier) @_client)]
    name: [(identifier) @_put (generic_name (identifier) @_put)])
  arguments: (argument_list . (argument [(string_literal) (interpolated_string_expression)] @request.name)))
  (#match? @_client "[hH]ttp|[cC]lient$|^_?api$") (#any-of? @_put "PutAsync" "PutAsJsonAsync") (#match? @request.name "/")
  (#set! gate "HttpClient httpClient") (#set! relative "") (#set! method "PUT"))
((invocation_expression
  function: (member_access_expression
    expression: [(identifier) @_client (member_access_expression name: (identifier) @_client)]
    name: [(identifier) @request.method (generic_name (identifier) @request.method)])
  arguments: (argument_list . (argument [(string_literal) (interpolated_string_expression)] @request.name)))
  (#match? @_client "[hH]ttp|[cC]lient$|^_?api$") (#any-of? @request.method "DeleteAsync" "PatchAsync") (#match? @request.name "/")
  (#set! gate "HttpClient httpClient") (#set! relative ""))
((interface_declaration body: (declaration_list (method_declaration (attribute_list (attribute name: (identifier) @request.method
  (attribute_argument_list . (attribute_argument (string_literal) @request.name)))))))
  (#any-of? @request.method "Get" "Post" "Put" "Patch" "Delete" "Head") (#set! requires "Refit") (#set! relative ""))

; Commands: new Command("name") of System.CommandLine, AddCommand<T>("name") of Spectre, [Verb("name")], [Command("name")].
((object_creation_expression type: (identifier) @_command arguments: (argument_list . (argument (string_literal) @command.name)))
  (#eq? @_command "Command") (#set! requires "System.CommandLine"))
((class_declaration
  (base_list (identifier) @_base)
  body: (declaration_list (constructor_declaration (constructor_initializer (argument_list . (argument (string_literal) @command.name)))))) @command.handler
  (#eq? @_base "Command") (#set! requires "System.CommandLine"))
((invocation_expression
  function: (member_access_expression name: (generic_name (identifier) @_add (type_argument_list . (_) @command.handler)))
  arguments: (argument_list . (argument (string_literal) @command.name)))
  (#eq? @_add "AddCommand") (#set! requires "Spectre.Console"))
((class_declaration (attribute_list (attribute name: (identifier) @_verb
  (attribute_argument_list . (attribute_argument !name (string_literal) @command.name))))) @command.handler
  (#eq? @_verb "Verb") (#set! requires "CommandLine"))
((_ (attribute_list (attribute name: (identifier) @_command
  (attribute_argument_list . (attribute_argument !name (string_literal) @command.name))))) @command.handler
  (#any-of? @_command "Command" "Subcommand") (#set! requires "Cocona McMaster.Extensions.CommandLineUtils ConsoleAppFramework"))

; Events: RabbitMQ, Kafka, Service Bus, MassTransit, SignalR, Dapr, and the triggers of Azure Functions.
((invocation_expression
  function: (member_access_expression name: (identifier) @_publish)
  arguments: (argument_list (argument name: (identifier) @_key (string_literal) @publisher.name)))
  (#any-of? @_publish "BasicPublish" "BasicPublishAsync") (#eq? @_key "routingKey") (#set! gate "BasicPublish"))
((invocation_expression
  function: (member_access_expression name: (identifier) @_consume)
  arguments: (argument_list . (argument !name (string_literal) @subscriber.name)))
  (#any-of? @_consume "BasicConsume" "BasicConsumeAsync") (#set! gate "BasicConsume"))
((invocation_expression
  function: (member_access_expression name: (identifier) @_consume)
  arguments: (argument_list (argument name: (identifier) @_queue (string_literal) @subscriber.name)))
  (#any-of? @_consume "BasicConsume" "BasicConsumeAsync") (#eq? @_queue "queue") (#set! gate "BasicConsume"))
((invocation_expression
  function: (member_access_expression name: (identifier) @_produce)
  arguments: (argument_list . (argument (string_literal) @publisher.name)))
  (#any-of? @_produce "Produce" "ProduceAsync") (#set! requires "Confluent.Kafka"))
((invocation_expression
  function: (member_access_expression name: (identifier) @_subscribe)
  arguments: (argument_list . (argument (string_literal) @subscriber.name)))
  (#eq? @_subscribe "Subscribe") (#set! requires "Confluent.Kafka"))
((invocation_expression
  function: (member_access_expression name: (identifier) @_sender)
  arguments: (argument_list . (argument (string_literal) @publisher.name)))
  (#eq? @_sender "CreateSender") (#set! requires "Azure.Messaging.ServiceBus"))
((invocation_expression
  function: (member_access_expression name: (identifier) @_receiver)
  arguments: (argument_list . (argument (string_literal) @subscriber.name)))
  (#any-of? @_receiver "CreateProcessor" "CreateReceiver" "CreateSessionProcessor") (#set! requires "Azure.Messaging.ServiceBus"))
((invocation_expression
  function: (member_access_expression name: [(identifier) @_endpoint (generic_name (identifier) @_endpoint)])
  arguments: (argument_list . (argument (string_literal) @subscriber.name)))
  (#eq? @_endpoint "ReceiveEndpoint") (#set! requires "MassTransit"))
((invocation_expression
  function: (member_access_expression expression: (_) @_clients name: (identifier) @_send)
  arguments: (argument_list . (argument (string_literal) @publisher.name)))
  (#eq? @_send "SendAsync") (#match? @_clients "Clients[.]") (#set! requires "Microsoft.AspNetCore.SignalR"))
((invocation_expression
  function: (member_access_expression name: [(identifier) @_on (generic_name (identifier) @_on)])
  arguments: (argument_list . (argument (string_literal) @subscriber.name)))
  (#eq? @_on "On") (#set! requires "Microsoft.AspNetCore.SignalR.Client"))
((method_declaration (attribute_list (attribute name: (identifier) @_topic
  (attribute_argument_list . (attribute_argument) . (attribute_argument (string_literal) @subscriber.name))))) @subscriber.handler
  (#eq? @_topic "Topic") (#set! requires "Dapr"))
((method_declaration parameters: (parameter_list (parameter (attribute_list (attribute name: (identifier) @_trigger
  (attribute_argument_list . (attribute_argument (string_literal) @subscriber.name))))))) @subscriber.handler
  (#any-of? @_trigger "ServiceBusTrigger" "QueueTrigger" "EventHubTrigger" "RabbitMQTrigger")
  (#set! gate "ServiceBusTrigger QueueTrigger EventHubTrigger RabbitMQTrigger"))
