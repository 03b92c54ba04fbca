; Environment: getenv('NAME'), $_ENV['NAME'], Laravel's env('NAME').
((function_call_expression function: (name) @_getenv arguments: (arguments . (argument [(string) (encapsed_string)] @environment_key.name)))
  (#eq? @_getenv "getenv") (#set! gate "getenv"))
((subscript_expression (variable_name (name) @_env) . [(string) (encapsed_string)] @environment_key.name)
  (#eq? @_env "_ENV") (#set! gate "$_ENV"))
((function_call_expression function: (name) @_env arguments: (arguments . (argument [(string) (encapsed_string)] @environment_key.name)))
  (#eq? @_env "env") (#match? @environment_key.name "^.[A-Z][A-Z0-9_]+.$") (#set! gate "env("))

; Settings: Laravel's config('name.key').
((function_call_expression function: (name) @_config arguments: (arguments . (argument (string) @configuration_key.name)))
  (#eq? @_config "config") (#match? @configuration_key.name "[a-z_-][.][a-z_]") (#set! gate "config("))

; Routes of Laravel and Symfony: Route::get('path', handler), #[Route('/path', methods: ['GET'])].
((scoped_call_expression scope: (name) @_route name: (name) @route.method arguments: (arguments . (argument (string) @route.name)))
  (#eq? @_route "Route") (#any-of? @route.method "get" "post" "put" "patch" "delete" "options" "any") (#set! gate "Route::") (#set! relative ""))
((method_declaration attributes: (attribute_list (attribute_group (attribute (name) @_route parameters: (arguments . (argument [(string) (encapsed_string)] @route.name)) @_parameters)))) @route.handler
  (#eq? @_route "Route") (#not-match? @_parameters "methods") (#set! gate "#[Route(") (#set! method "ANY"))
((method_declaration attributes: (attribute_list (attribute_group (attribute (name) @_route parameters: (arguments
  . (argument [(string) (encapsed_string)] @route.name)
  (argument name: (name) @_methods (array_creation_expression (array_element_initializer (string) @route.method)))))))) @route.handler
  (#eq? @_route "Route") (#eq? @_methods "methods") (#set! gate "#[Route("))
((class_declaration attributes: (attribute_list (attribute_group (attribute (name) @_route parameters: (arguments . (argument [(string) (encapsed_string)] @route.prefix)))))) @route.scope
  (#eq? @_route "Route") (#set! gate "#[Route("))

; Routes of Symfony that comments state: @Route("/path", methods={"GET"}).
((declaration_list (comment) @route.name . (method_declaration name: (name) @route.of) @route.handler)
  (#set! gate "@Route(") (#set! requires "Symfony.Component.Routing.Annotation Sensio.Bundle.FrameworkExtraBundle.Configuration") (#set! documented ""))
((comment) @route.prefix . (class_declaration) @route.scope
  (#set! gate "@Route(") (#set! requires "Symfony.Component.Routing.Annotation Sensio.Bundle.FrameworkExtraBundle.Configuration") (#set! documented ""))

((scoped_call_expression scope: (name) @_route name: (name) @route.method
  arguments: (arguments . (argument [(string) (encapsed_string)] @route.name) . (argument [
    (class_constant_access_expression . [(name) (qualified_name)] @route.handler)
    (array_creation_expression
      . (array_element_initializer (class_constant_access_expression . [(name) (qualified_name)] @route.handler))
      . (array_element_initializer [(string) (encapsed_string)] @route.member))])))
  (#eq? @_route "Route") (#any-of? @route.method "get" "post" "put" "patch" "delete" "options" "any") (#set! member "__invoke") (#set! gate "Route::") (#set! relative ""))
((scoped_call_expression scope: (name) @_route name: (name) @_match
  arguments: (arguments . (argument (array_creation_expression (array_element_initializer [(string) (encapsed_string)] @route.method))) . (argument [(string) (encapsed_string)] @route.name)))
  (#eq? @_route "Route") (#eq? @_match "match") (#set! gate "Route::") (#set! relative ""))
((scoped_call_expression scope: (name) @_route name: (name) @_match
  arguments: (arguments . (argument (array_creation_expression (array_element_initializer [(string) (encapsed_string)] @route.method)))
    . (argument [(string) (encapsed_string)] @route.name) . (argument [
    (class_constant_access_expression . [(name) (qualified_name)] @route.handler)
    (array_creation_expression
      . (array_element_initializer (class_constant_access_expression . [(name) (qualified_name)] @route.handler))
      . (array_element_initializer [(string) (encapsed_string)] @route.member))])))
  (#eq? @_route "Route") (#eq? @_match "match") (#set! member "__invoke") (#set! gate "Route::") (#set! relative ""))
((scoped_call_expression scope: (name) @_route name: (name) @_view arguments: (arguments . (argument [(string) (encapsed_string)] @route.name)))
  (#eq? @_route "Route") (#eq? @_view "view") (#set! gate "Route::") (#set! relative "") (#set! method "GET"))
((member_call_expression object: (_) @_route name: (name) @route.method arguments: (arguments . (argument [(string) (encapsed_string)] @route.name)))
  (#match? @_route "^Route::") (#any-of? @route.method "get" "post" "put" "patch" "delete" "options" "any") (#set! gate "Route::") (#set! relative ""))
((member_call_expression object: (_) @_route name: (name) @route.method
  arguments: (arguments . (argument [(string) (encapsed_string)] @route.name) . (argument [
    (class_constant_access_expression . [(name) (qualified_name)] @route.handler)
    (array_creation_expression
      . (array_element_initializer (class_constant_access_expression . [(name) (qualified_name)] @route.handler))
      . (array_element_initializer [(string) (encapsed_string)] @route.member))])))
  (#match? @_route "^Route::") (#any-of? @route.method "get" "post" "put" "patch" "delete" "options" "any") (#set! member "__invoke") (#set! gate "Route::") (#set! relative ""))

; Groups of Laravel: Route::prefix('x')->group(function …), Route::group(['prefix' => 'x'], function …).
((member_call_expression
  object: [
    (scoped_call_expression scope: (name) @_route name: (name) @_prefix arguments: (arguments . (argument [(string) (encapsed_string)] @route.prefix)))
    (member_call_expression object: (_) @_route name: (name) @_prefix arguments: (arguments . (argument [(string) (encapsed_string)] @route.prefix)))
    (member_call_expression object: [
      (scoped_call_expression scope: (name) @_route name: (name) @_prefix arguments: (arguments . (argument [(string) (encapsed_string)] @route.prefix)))
      (member_call_expression object: (_) @_route name: (name) @_prefix arguments: (arguments . (argument [(string) (encapsed_string)] @route.prefix)))])
    (member_call_expression object: (member_call_expression object: [
      (scoped_call_expression scope: (name) @_route name: (name) @_prefix arguments: (arguments . (argument [(string) (encapsed_string)] @route.prefix)))
      (member_call_expression object: (_) @_route name: (name) @_prefix arguments: (arguments . (argument [(string) (encapsed_string)] @route.prefix)))]))]
  name: (name) @_group
  arguments: (arguments . (argument [(anonymous_function) (arrow_function)] @route.scope)))
  (#match? @_route "^Route(::|$)") (#eq? @_prefix "prefix") (#eq? @_group "group") (#set! gate "Route::"))
((scoped_call_expression scope: (name) @_route name: (name) @_group
  arguments: (arguments
    . (argument (array_creation_expression (array_element_initializer . [(string) (encapsed_string)] @_prefix . [(string) (encapsed_string)] @route.prefix)))
    . (argument [(anonymous_function) (arrow_function)] @route.scope)))
  (#eq? @_route "Route") (#eq? @_group "group") (#match? @_prefix "^.prefix.$") (#set! gate "Route::"))

; The routes that Laravel gives to a resource.
((scoped_call_expression scope: (name) @_route name: (name) @_resource
  arguments: (arguments . (argument [(string) (encapsed_string)] @route.name) . (argument (class_constant_access_expression . [(name) (qualified_name)] @route.handler))))
  (#eq? @_route "Route") (#eq? @_resource "resource") (#set! gate "Route::") (#set! resources "stored") (#set! relative ""))
((scoped_call_expression scope: (name) @_route name: (name) @_resource
  arguments: (arguments . (argument [(string) (encapsed_string)] @route.name) . (argument (class_constant_access_expression . [(name) (qualified_name)] @route.handler))))
  (#eq? @_route "Route") (#eq? @_resource "apiResource") (#set! gate "Route::") (#set! resources "stored-api") (#set! relative ""))

; Routes of Slim, Lumen and CodeIgniter: $app->get('/path', handler), groups around them.
((member_call_expression object: (variable_name (name) @_app) name: (name) @route.method
  arguments: (arguments . (argument [(string) (encapsed_string)] @route.name) . (argument)))
  (#any-of? @_app "app" "router" "group" "routes") (#any-of? @route.method "get" "post" "put" "patch" "delete" "options" "any")
  (#set! gate "Slim $router-> $routes->") (#set! relative ""))
((member_call_expression object: (variable_name (name) @_app) name: (name) @route.method
  arguments: (arguments . (argument [(string) (encapsed_string)] @route.name) . (argument [
    (class_constant_access_expression . [(name) (qualified_name)] @route.handler)
    (array_creation_expression
      . (array_element_initializer (class_constant_access_expression . [(name) (qualified_name)] @route.handler))
      . (array_element_initializer [(string) (encapsed_string)] @route.member))])))
  (#any-of? @_app "app" "router" "group" "routes") (#any-of? @route.method "get" "post" "put" "patch" "delete" "options" "any")
  (#set! member "__invoke") (#set! gate "Slim $router-> $routes->") (#set! relative ""))
((member_call_expression object: (variable_name (name) @_app) name: (name) @_group
  arguments: (arguments . (argument [(string) (encapsed_string)] @route.prefix) . (argument [(anonymous_function) (arrow_function)] @route.scope)))
  (#any-of? @_app "app" "router" "group" "routes") (#eq? @_group "group") (#set! gate "Slim $router-> $routes->"))
((member_call_expression object: (variable_name (name) @_app) name: (name) @_group
  arguments: (arguments
    . (argument (array_creation_expression (array_element_initializer . [(string) (encapsed_string)] @_prefix . [(string) (encapsed_string)] @route.prefix)))
    . (argument [(anonymous_function) (arrow_function)] @route.scope)))
  (#any-of? @_app "app" "router" "group") (#eq? @_group "group") (#match? @_prefix "^.prefix.$") (#set! gate "$router->"))

; Routes of the REST interface of WordPress: register_rest_route('name/v1', '/path', …).
((function_call_expression function: (name) @_register
  arguments: (arguments . (argument [(string) (encapsed_string)] @route.name) . (argument [(string) (encapsed_string)] @route.name)))
  (#eq? @_register "register_rest_route") (#set! gate "register_rest_route") (#set! regex "") (#set! joined "") (#set! method "ANY"))

; Requests: Laravel's Http::get('https://host/path'), $client->request('GET', '/path') of Guzzle and Symfony.
((scoped_call_expression scope: (name) @_http name: (name) @request.method arguments: (arguments . (argument [(string) (encapsed_string)] @request.name)))
  (#eq? @_http "Http") (#any-of? @request.method "get" "post" "put" "patch" "delete" "head") (#set! gate "Http::") (#set! dollar ""))
((member_call_expression object: (_) @_http name: (name) @request.method arguments: (arguments . (argument [(string) (encapsed_string)] @request.name)))
  (#match? @_http "^Http::") (#any-of? @request.method "get" "post" "put" "patch" "delete" "head") (#set! gate "Http::") (#set! dollar ""))
((member_call_expression object: (_) @_client name: (name) @_request
  arguments: (arguments . (argument [(string) (encapsed_string)] @request.method) . (argument [(string) (encapsed_string)] @request.name)))
  (#eq? @_request "request") (#match? @_client "[cC]lient$|[hH]ttp$") (#set! requires "GuzzleHttp Symfony.Contracts.HttpClient Symfony.Component.HttpClient")
  (#set! relative ""))
((member_call_expression object: (_) @_client name: (name) @request.method arguments: (arguments . (argument [(string) (encapsed_string)] @request.name)))
  (#any-of? @request.method "get" "post" "put" "patch" "delete" "head") (#match? @_client "[cC]lient$|[hH]ttp$") (#set! requires "GuzzleHttp") (#set! relative ""))

; Commands: #[AsCommand('name')] of Symfony, $signature of Laravel.
((class_declaration attributes: (attribute_list (attribute_group (attribute (name) @_command
  parameters: (arguments . (argument !name [(string) (encapsed_string)] @command.name)))))) @command.handler
  (#eq? @_command "AsCommand") (#set! gate "AsCommand"))
((class_declaration attributes: (attribute_list (attribute_group (attribute (name) @_command
  parameters: (arguments (argument name: (name) @_name [(string) (encapsed_string)] @command.name)))))) @command.handler
  (#eq? @_command "AsCommand") (#eq? @_name "name") (#set! gate "AsCommand"))
((class_declaration (base_clause [(name) (qualified_name)] @_base) body: (declaration_list (property_declaration (property_element
  name: (variable_name (name) @_signature) default_value: [(string) (encapsed_string)] @command.name)))) @command.handler
  (#match? @_base "Command$") (#any-of? @_signature "signature" "defaultName") (#set! gate "$signature $defaultName") (#set! first ""))

; Events: hooks of WordPress, Laravel's Event::listen('name', …), and its events that are classes: event(new Name), Name::dispatch(),
; Event::listen(Name::class, Listener::class), $listen = [Name::class => [Listener::class]], and handle(Name $event) of a listener.
((function_call_expression function: (name) @_event arguments: (arguments . (argument (object_creation_expression . (name) @publisher.name))))
  (#any-of? @_event "event" "broadcast") (#set! gate "event(new broadcast(new"))
((scoped_call_expression scope: (name) @_event name: (name) @_dispatch arguments: (arguments . (argument (object_creation_expression . (name) @publisher.name))))
  (#eq? @_event "Event") (#any-of? @_dispatch "dispatch" "until") (#set! gate "Event::"))
((scoped_call_expression scope: (name) @publisher.name name: (name) @_dispatch)
  (#any-of? @_dispatch "dispatch" "dispatchIf" "dispatchUnless" "broadcast") (#set! imported "Events")
  (#set! gate "::dispatch ::broadcast"))
((scoped_call_expression scope: (name) @_event name: (name) @_listen
  arguments: (arguments . (argument (class_constant_access_expression . (name) @subscriber.name)) . (argument [
    (class_constant_access_expression . [(name) (qualified_name)] @subscriber.handler)
    (array_creation_expression
      . (array_element_initializer (class_constant_access_expression . [(name) (qualified_name)] @subscriber.handler))
      . (array_element_initializer [(string) (encapsed_string)] @subscriber.member))])))
  (#eq? @_event "Event") (#eq? @_listen "listen") (#set! member "handle") (#set! gate "Event::listen"))
((property_declaration (property_element
  name: (variable_name (name) @_listen)
  default_value: (array_creation_expression (array_element_initializer
    . (class_constant_access_expression . (name) @subscriber.name)
    . (array_creation_expression (array_element_initializer (class_constant_access_expression . [(name) (qualified_name)] @subscriber.handler)))))))
  (#eq? @_listen "listen") (#set! member "handle") (#set! gate "$listen"))
((namespace_definition name: (_) @_namespace)
  (class_declaration body: (declaration_list (method_declaration name: (name) @_handle
    parameters: (formal_parameters . (simple_parameter type: (named_type (name) @subscriber.name) )))  @subscriber.handler))
  (#match? @_namespace "Listeners") (#match? @_handle "^(handle|__invoke)$") (#set! gate "Listeners"))
((function_call_expression function: (name) @_add arguments: (arguments . (argument [(string) (encapsed_string)] @subscriber.name)))
  (#any-of? @_add "add_action" "add_filter") (#set! gate "add_action add_filter"))
((function_call_expression function: (name) @_do arguments: (arguments . (argument [(string) (encapsed_string)] @publisher.name)))
  (#any-of? @_do "do_action" "do_action_ref_array" "apply_filters" "apply_filters_ref_array") (#set! gate "do_action apply_filters"))
((scoped_call_expression scope: (name) @_event name: (name) @_listen arguments: (arguments . (argument [(string) (encapsed_string)] @subscriber.name)))
  (#eq? @_event "Event") (#eq? @_listen "listen") (#set! gate "Event::listen"))
((scoped_call_expression scope: (name) @_event name: (name) @_dispatch arguments: (arguments . (argument [(string) (encapsed_string)] @publisher.name)))
  (#eq? @_event "Event") (#any-of? @_dispatch "dispatch" "until") (#set! gate "Event::"))

; Events of Symfony: what getSubscribedEvents() of a class returns, by methods of the class, #[AsEventListener], and what dispatchers are given. An
; event has the name that is stated behind it, a literal or a constant, or that of its class.
((class_declaration body: (declaration_list (method_declaration name: (name) @_get body: (compound_statement (return_statement (array_creation_expression
  (array_element_initializer
    . [(string) (encapsed_string) (class_constant_access_expression)] @subscriber.name
    . [(string) (encapsed_string)] @subscriber.member)))))))
  @subscriber.handler
  (#eq? @_get "getSubscribedEvents") (#set! gate "getSubscribedEvents") (#set! constant ""))
((class_declaration body: (declaration_list (method_declaration name: (name) @_get body: (compound_statement (return_statement (array_creation_expression
  (array_element_initializer
    . [(string) (encapsed_string) (class_constant_access_expression)] @subscriber.name
    . (array_creation_expression . (array_element_initializer . [(string) (encapsed_string)] @subscriber.member)))))))))
  @subscriber.handler
  (#eq? @_get "getSubscribedEvents") (#set! gate "getSubscribedEvents") (#set! constant ""))
((class_declaration body: (declaration_list (method_declaration name: (name) @_get body: (compound_statement (return_statement (array_creation_expression
  (array_element_initializer
    . [(string) (encapsed_string) (class_constant_access_expression)] @subscriber.name
    . (array_creation_expression (array_element_initializer . (array_creation_expression . (array_element_initializer . [(string) (encapsed_string)] @subscriber.member)))))))))))
  @subscriber.handler
  (#eq? @_get "getSubscribedEvents") (#set! gate "getSubscribedEvents") (#set! constant ""))
((class_declaration attributes: (attribute_list (attribute_group (attribute (name) @_listener parameters: (arguments
    (argument name: (name) @_event [(string) (encapsed_string) (class_constant_access_expression)] @subscriber.name)
    (argument name: (name) @_method [(string) (encapsed_string)] @subscriber.member)))))) @subscriber.handler
  (#eq? @_listener "AsEventListener") (#eq? @_event "event") (#eq? @_method "method") (#set! gate "AsEventListener") (#set! constant ""))
((method_declaration attributes: (attribute_list (attribute_group (attribute (name) @_listener parameters: (arguments
    (argument name: (name) @_event [(string) (encapsed_string) (class_constant_access_expression)] @subscriber.name)))))) @subscriber.handler
  (#eq? @_listener "AsEventListener") (#eq? @_event "event") (#set! gate "AsEventListener") (#set! constant ""))
((method_declaration attributes: (attribute_list (attribute_group (attribute (name) @_listener !parameters)))
    parameters: (formal_parameters . (simple_parameter type: (named_type (name) @subscriber.name)))) @subscriber.handler
  (#eq? @_listener "AsEventListener") (#set! gate "AsEventListener"))
((member_call_expression object: (_) @_dispatcher name: (name) @_dispatch
  arguments: (arguments
    . (argument [(object_creation_expression) (variable_name)])
    . (argument [(string) (encapsed_string) (class_constant_access_expression)] @publisher.name) .))
  (#match? @_dispatcher "[dD]ispatcher$") (#eq? @_dispatch "dispatch") (#set! gate "ispatcher->dispatch(") (#set! constant ""))
((member_call_expression object: (_) @_dispatcher name: (name) @_dispatch
  arguments: (arguments . (argument (object_creation_expression . (name) @publisher.name)) .))
  (#match? @_dispatcher "[eE]vent_?[dD]ispatcher$") (#eq? @_dispatch "dispatch") (#set! gate "ispatcher->dispatch("))
((member_call_expression object: (_) @_dispatcher name: (name) @_dispatch
  arguments: (arguments . (argument (object_creation_expression . (name) @publisher.name)) .))
  (#match? @_dispatcher "[dD]ispatcher$") (#eq? @_dispatch "dispatch")
  (#set! requires "Symfony.Contracts.EventDispatcher Symfony.Component.EventDispatcher Psr.EventDispatcher"))
