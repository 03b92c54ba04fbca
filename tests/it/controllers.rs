//! Routes whose paths and handlers are told by classes in other files: bases of controllers, actions that literals name.

use crate::world::{World, repository};
use serde_json::{Value, json};

/// The contracts of a kind of a repository of these files, by file and name, each with what answers it.
fn told(kind: &str, files: &[(&str, &str)]) -> Vec<String> {
    let folder = repository(files);
    let world = World::of(&[("acme/api", "internal", folder.path())]);
    let arguments = json!({ "target": "acme/api", "kinds": [kind], "format": "json", "max_tokens": 8000 });
    let answer: Value = serde_json::from_str(&world.ask("get_api_surface", arguments)).expect("JSON");
    let items = answer["items"].as_array().expect("items").iter();
    let handles = items.filter_map(|it| it["handle"].as_str().map(str::to_owned));
    let mut all: Vec<String> = handles
        .map(|handle| {
            let arguments = json!({ "symbol": handle, "format": "json", "direction": "outgoing" });
            let uses: Value = serde_json::from_str(&world.ask("find_references", arguments)).expect("JSON");
            let items = uses["items"].as_array().cloned().unwrap_or_default();
            let by = items.iter().find(|it| it.to_string().contains("handled_by"));
            let by = by.and_then(|it| it["handle"].as_str()).map(|it| {
                let name = it.rsplit('#').next().unwrap_or_default();
                let folder = if it.contains("/admin/") { " in admin" } else { "" };
                format!("{name}{folder}")
            });
            let name = handle.strip_prefix("acme/api:").unwrap_or(&handle);
            by.map_or_else(|| name.to_owned(), |by| format!("{name} by {by}"))
        })
        .collect();
    all.sort();
    all
}

fn routes(files: &[(&str, &str)]) -> Vec<String> {
    told("route", files)
}

#[test]
fn controllers_inherit_the_path_of_the_nearest_base_that_has_one() {
    let all = routes(&[
        (
            "Base.cs",
            "namespace A;\n[ApiController]\n[Route(\"api/[controller]\")]\npublic abstract class BaseController : ControllerBase {}\n\
             public class Middle : BaseController {}\n",
        ),
        (
            "Genres.cs",
            "namespace A;\npublic class GenresController : Middle, IDisposable {\n  [HttpGet]\n  public X All() => null;\n  \
             [HttpGet(\"{name}\")]\n  public X One(string name) => null;\n  [HttpPost(\"/root\")]\n  public X Root() => null;\n}\n",
        ),
        (
            "Own.cs",
            "namespace A;\n[Route(\"own\")]\npublic class OwnController : BaseController {\n  [HttpGet, Route(\"x\")]\n  public X All() => null;\n}\n",
        ),
        (
            "Plain.cs",
            "namespace A;\npublic class PlainController : ControllerBase {\n  [HttpGet]\n  public X CANARY() => null;\n  [HttpGet(\"plain/a\")]\n  public X A() => null;\n}\n",
        ),
        (
            "Outside.cs",
            "namespace A;\npublic class OutsideController : Other.Framework.RestController {\n  [HttpGet(\"b\")]\n  public X B() => null;\n}\n",
        ),
    ]);
    assert_eq!(
        all,
        [
            "Genres.cs#GenresController.GET /api/Genres by GenresController.All",
            "Genres.cs#GenresController.GET /api/Genres/{name} by GenresController.One",
            "Genres.cs#GenresController.POST /root by GenresController.Root",
            "Outside.cs#OutsideController.GET /*/b by OutsideController.B",
            "Own.cs#OwnController.GET /own/x by OwnController.All",
            "Plain.cs#PlainController.GET /plain/a by PlainController.A",
        ]
    );
}

const POSTS: &str = "<?php\nnamespace App\\Http;\nuse App\\Models\\CANARY;\nclass Base { public function show() {} }\n\
                     class PostController extends Base { public function index() {} public function store() {} }\n\
                     class RateController { public function __invoke() {} }\n";

#[test]
fn methods_of_controllers_answer_routes_of_laravel() {
    let all = routes(&[
        ("app/Http/PostController.php", POSTS),
        (
            "routes/api.php",
            "<?php\nuse Illuminate\\Support\\Facades\\Route;\nuse App\\Http\\PostController;\nuse App\\Http\\RateController;\nRoute::get('one', [PostController::class, 'show']);\n\
             Route::get('other', [PostController::class, 'canary']);\nRoute::post('rate', RateController::class);\n\
             Route::apiResource('posts', PostController::class)->only('index', 'store');\n\
             Route::apiResource('tags', PostController::class)->except('index', 'store', 'update', 'destroy');\n",
        ),
    ]);
    assert_eq!(
        all,
        [
            "routes/api.php#GET /api/one by Base.show",
            "routes/api.php#GET /api/other by PostController",
            "routes/api.php#GET /api/posts by PostController.index",
            "routes/api.php#GET /api/tags/{id} by Base.show",
            "routes/api.php#POST /api/posts by PostController.store",
            "routes/api.php#POST /api/rate by RateController.__invoke",
        ]
    );
}

#[test]
fn listeners_of_laravel_receive_events_that_are_classes() {
    let files = [
        (
            "app/Events/Placed.php",
            "<?php\nnamespace App\\Events;\nclass Placed {}\n",
        ),
        (
            "app/Shop.php",
            "<?php\nnamespace App;\nuse App\\Events\\Placed;\nclass Shop { public function buy() { event(new Placed('CANARY')); Placed::dispatch(1); } }\n",
        ),
        (
            "app/Listeners/Mail.php",
            "<?php\nnamespace App\\Listeners;\nuse App\\Events\\Placed;\nclass Mail { public function handle(Placed $event) {} }\n",
        ),
        (
            "app/Provider.php",
            "<?php\nnamespace App;\nuse App\\Events\\Placed;\nuse App\\Listeners\\Mail;\nclass Provider { protected $listen = [Placed::class => [Mail::class]]; }\n",
        ),
    ];
    assert_eq!(told("publisher", &files), ["app/Shop.php#Shop.buy.Placed"]);
    assert_eq!(
        told("subscriber", &files),
        [
            "app/Listeners/Mail.php#Mail.Placed by Mail.handle",
            "app/Provider.php#Provider.listen.Placed by Mail.handle"
        ]
    );
}

#[test]
fn actions_of_controllers_answer_routes_of_rails() {
    let all = routes(&[
        (
            "config/routes.rb",
            "Rails.application.routes.draw do\n  root 'home#index'\n  get '/s/:id/(:title)' => 'posts#show'\n  resources :posts, only: [:index, :show] do\n    \
             get :latest, on: :collection\n    get 'raw', on: :member\n    post 'upvote'\n  end\n  resource :profile, only: :show\n  \
             match '/login', to: 'home#login', via: [:get, :post]\n  namespace :admin, path: 'manage' do\n    resources :users, only: :index\n  end\n  \
             scope path: '/v1', module: :admin do\n    get 'people', to: 'users#index'\n  end\n  concern :canary do\n    get 'canary'\n  end\n  \
             get '/tags', to: 'api/v1/tags#index'\n  get '/old', to: redirect('/canary')\nend\n",
        ),
        (
            "app/controllers/posts_controller.rb",
            "class PostsController < ApplicationController\n  def index; end\n  def show; end\n  def latest; end\n  def upvote; end\nend\n",
        ),
        (
            "app/controllers/home_controller.rb",
            "class HomeController\n  def index; end\n  def login; end\nend\n",
        ),
        (
            "app/controllers/profiles_controller.rb",
            "class ProfilesController\n  def show; end\nend\n",
        ),
        (
            "app/controllers/admin/users_controller.rb",
            "class Admin::UsersController < ApplicationController\n  def index; end\nend\n",
        ),
        (
            "app/controllers/users_controller.rb",
            "class UsersController\n  def index; end\nend\n",
        ),
        (
            "app/controllers/api/v1.rb",
            "module Api\n  module V1\n    class TagsController\n      def index; end\n    end\n  end\nend\n",
        ),
    ]);
    let all: Vec<&str> = all
        .iter()
        .map(|it| it.trim_start_matches("config/routes.rb#"))
        .collect();
    assert_eq!(
        all,
        [
            "GET / by HomeController.index",
            "GET /login by HomeController.login",
            "GET /manage/users by UsersController.index in admin",
            "GET /old",
            "GET /posts by PostsController.index",
            "GET /posts/latest by PostsController.latest",
            "GET /posts/{id} by PostsController.show",
            "GET /posts/{}/raw by PostsController",
            "GET /profile by ProfilesController.show",
            "GET /s/{id} by PostsController.show",
            "GET /s/{id}/{title} by PostsController.show",
            "GET /tags by Api.V1.TagsController.index",
            "GET /v1/people by UsersController.index in admin",
            "POST /login by HomeController.login",
            "POST /posts/{}/upvote by PostsController.upvote",
        ]
    );
}

#[test]
fn resources_have_the_routes_of_their_bases_below_their_own_paths() {
    let imports = "import jakarta.ws.rs.*;\n";
    let java = |text: &str| format!("package a;\n{imports}{text}");
    let base = java(
        "public abstract class BaseResource<T> {\n  @GET\n  @Path(\"{id}\")\n  public T one(long id) { return null; }\n  @POST\n  \
         public T add(T it) { return it; }\n  @DELETE\n  @Path(\"{id}\")\n  public T remove(long id) { return null; }\n}\n",
    );
    let simple = java(
        "public class SimpleResource<T> extends BaseResource<T> {\n  @GET\n  public T all() { return null; }\n}\n",
    );
    let groups = java(
        "@Path(\"groups\")\npublic class GroupResource extends SimpleResource<Group> {\n  @POST\n  public Group add(Group it) { return it; }\n  \
         @GET\n  @Path(\"{id}/{of}\")\n  public Group one(long id, long of) { return null; }\n}\n",
    );
    let orders = java(
        "@Path(Paths.ORDERS)\npublic class OrderResource extends BaseResource<Order> {\n  @GET\n  @Path(\"x\")\n  public Order x() { return null; }\n  \
         @GET\n  @Path(\"x\")\n  public Order y() { return null; }\n}\n",
    );
    let lone = java("public class LoneResource {\n  @GET\n  @Path(\"lone\")\n  public void one() {}\n}\n");
    let all = routes(&[
        ("a/BaseResource.java", &base),
        ("a/GroupResource.java", &groups),
        ("a/LoneResource.java", &lone),
        ("a/OrderResource.java", &orders),
        ("a/SimpleResource.java", &simple),
    ]);
    assert_eq!(
        all,
        [
            "a/BaseResource.java#BaseResource.DELETE /*/{id} by BaseResource.remove",
            "a/BaseResource.java#BaseResource.DELETE /groups/{id} by BaseResource.remove",
            "a/BaseResource.java#BaseResource.GET /*/{id} by BaseResource.one",
            "a/BaseResource.java#BaseResource.GET /groups/{id} by BaseResource.one",
            "a/BaseResource.java#BaseResource.POST /* by BaseResource.add",
            "a/GroupResource.java#GroupResource.GET /groups/{id}/{of} by GroupResource.one",
            "a/GroupResource.java#GroupResource.POST /groups by GroupResource.add",
            "a/LoneResource.java#LoneResource.GET /*/lone by LoneResource.one",
            "a/OrderResource.java#OrderResource.GET /*/x by OrderResource.x",
            "a/OrderResource.java#OrderResource.GET /*/x ~2 by OrderResource.y",
            "a/SimpleResource.java#SimpleResource.GET /groups by SimpleResource.all",
        ]
    );
}
