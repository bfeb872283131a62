//! The people whom this door knows: the store's library, and in memory the gallery and the card index, kept in step
//! with it after each commit.

mod extras;
mod index;
mod member;
mod recompute;
mod rename;

pub(crate) use member::model_id;
pub use member::{Member, Newcomer, PhotoChange, PhotoStage, PutError};

use face::{Engine, Gallery, MODEL_VERSION, Top2};
use index::Index;
use model::{CredentialKind, Greeting, Person, access};
use std::sync::{Arc, PoisonError, RwLock};
use store::StoreError;
use store::terminal::{KeptPerson, Library, NewPerson, NewPhoto, Template};
use tokio::sync::{RwLock as Turns, RwLockReadGuard as Turn};

/// Persons read at once at the start.
const PAGE: u32 = 500;

/// How much the library takes in.
#[derive(Debug, Clone)]
pub struct PeopleBounds {
    /// Persons at most.
    pub capacity: u32,
    /// Photos of one person at most.
    pub photos_per_person: usize,
    /// What is taken for a picture where no engine looks at it.
    pub photo: face::ImageLimits,
}

/// Everybody whom this door knows.
pub struct People {
    library: Arc<dyn Library>,
    engine: Option<Arc<Engine>>,
    bounds: PeopleBounds,
    gallery: Gallery<String>,
    index: RwLock<Index>,
    /// Changes are made one after the other, and never while a pass is being counted, so that memory follows the order of
    /// the commits.
    change: Turns<()>,
}

impl People {
    /// Reads everybody into memory.
    ///
    /// # Errors
    /// [`StoreError`] if somebody cannot be read.
    pub async fn load(
        library: Arc<dyn Library>,
        engine: Option<Arc<Engine>>,
        bounds: PeopleBounds,
    ) -> Result<Self, StoreError> {
        let people = Self {
            library,
            engine,
            bounds,
            gallery: Gallery::new(),
            index: RwLock::default(),
            change: Turns::default(),
        };
        let mut after: Option<String> = None;
        loop {
            let page = people.library.page(after.as_deref(), PAGE).await?;
            let Some(last) = page.last() else {
                return Ok(people);
            };
            after = Some(last.wire_id.clone());
            page.into_iter().for_each(|kept| people.show(kept));
        }
    }

    /// Adds a person, or replaces the one with the same id.
    ///
    /// # Errors
    /// [`PutError`]; nothing changed then.
    pub async fn put(&self, newcomer: Newcomer) -> Result<(), PutError> {
        let Newcomer {
            dialect,
            wire_id,
            person,
            rules,
            greeting,
            photos,
        } = newcomer;
        let new = NewPerson {
            wire_id,
            person,
            rules,
            greeting,
            photos: self.examined(photos).await?,
            dialect: dialect.to_owned(),
            keeps_passes: false,
        };
        self.keep(new).await
    }

    /// Photos with their templates, ready to be kept.
    async fn examined(&self, photos: Vec<(String, Vec<u8>)>) -> Result<Vec<NewPhoto>, PutError> {
        if photos.len() > self.bounds.photos_per_person {
            return Err(PutError::Photos(self.bounds.photos_per_person));
        }
        let mut ready = Vec::with_capacity(photos.len());
        for (position, (face_id, bytes)) in photos.into_iter().enumerate() {
            let (bytes, template) = self.template(position, bytes).await?;
            ready.push(NewPhoto {
                face_id,
                bytes,
                template,
            });
        }
        Ok(ready)
    }

    /// Keeps a person and shows the person to the door; changes are made one after the other.
    async fn keep(&self, new: NewPerson) -> Result<(), PutError> {
        let _order = self.change.write().await;
        self.keep_in_order(new).await
    }

    async fn keep_in_order(&self, new: NewPerson) -> Result<(), PutError> {
        let kept = self
            .library
            .put(new, self.bounds.capacity)
            .await
            .map_err(|error| match error {
                StoreError::Full { .. } if self.len() >= self.bounds.capacity as usize => PutError::Capacity,
                other => PutError::Store(other),
            })?;
        self.show(kept);
        Ok(())
    }

    /// Changes a person who is there: `change` is given the person with the rules and the greeting.
    /// Passes used still count, unless `dialect` sets another limit. Returns whether there was one.
    ///
    /// # Errors
    /// [`PutError`]; nothing changed then.
    pub async fn revise(
        &self,
        dialect: &'static str,
        wire_id: &str,
        change: impl FnOnce(&mut Person, &mut Vec<access::Rule>, &mut Greeting) + Send,
        mut photos: PhotoChange,
    ) -> Result<bool, PutError> {
        let fresh = self.examined(photos.take_new()).await?;
        let made = self.missing_templates(wire_id, &photos).await;
        let _order = self.change.write().await;
        let Some(member) = self.find(wire_id) else {
            return Ok(false);
        };
        let mut ready = Vec::new();
        for photo in member.photos.iter().filter(|photo| !photos.drops(&photo.face_id)) {
            if let Some(bytes) = self.library.picture(&photo.blob).await.map_err(PutError::Store)? {
                ready.push(NewPhoto {
                    face_id: photo.face_id.clone(),
                    bytes,
                    template: made.get(&photo.id).or(photo.template.as_ref()).cloned(),
                });
            }
        }
        ready.extend(fresh);
        if ready.len() > self.bounds.photos_per_person {
            return Err(PutError::Photos(self.bounds.photos_per_person));
        }
        let (mut person, mut rules) = (member.person.clone(), member.rules.clone());
        let mut greeting = member.greeting.clone();
        let limit = person.pass_limit;
        change(&mut person, &mut rules, &mut greeting);
        let new = NewPerson {
            wire_id: wire_id.to_owned(),
            dialect: dialect.to_owned(),
            keeps_passes: person.pass_limit == limit,
            person,
            rules,
            greeting,
            photos: ready,
        };
        self.keep_in_order(new).await?;
        Ok(true)
    }

    /// While this is held nobody is changed: a pass that the library counts meanwhile is counted once in memory.
    pub async fn passing(&self) -> Turn<'_, ()> {
        self.change.read().await
    }

    /// Everybody's ids, in order.
    #[must_use]
    pub fn ids(&self) -> Vec<String> {
        let index = self.index.read().unwrap_or_else(PoisonError::into_inner);
        let mut ids: Vec<String> = index.members.keys().cloned().collect();
        ids.sort_unstable();
        ids
    }

    /// The person who has a photo of this id.
    #[must_use]
    pub fn owner_of_photo(&self, face_id: &str) -> Option<Arc<Member>> {
        let index = self.index.read().unwrap_or_else(PoisonError::into_inner);
        let owner = index
            .members
            .values()
            .find(|member| member.face_ids.iter().any(|id| id == face_id));
        owner.cloned()
    }

    /// A person's photos, as they came: the dialect's ids and the pictures.
    ///
    /// # Errors
    /// [`StoreError`] of the blobs.
    pub async fn pictures(&self, member: &Member) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        let mut pictures = Vec::with_capacity(member.photos.len());
        for photo in &member.photos {
            if let Some(bytes) = self.library.picture(&photo.blob).await? {
                pictures.push((photo.face_id.clone(), bytes));
            }
        }
        Ok(pictures)
    }

    /// Deletes a person with everything that shows the person. Returns whether there was one.
    ///
    /// # Errors
    /// [`StoreError`]; nothing changed then.
    pub async fn delete(&self, wire_id: &str) -> Result<bool, StoreError> {
        let _order = self.change.write().await;
        let found = self.library.delete(wire_id).await?;
        self.index
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(wire_id);
        self.gallery.remove(&wire_id.to_owned());
        Ok(found)
    }

    /// Deletes everybody.
    ///
    /// # Errors
    /// [`StoreError`]; nothing changed then.
    pub async fn clear(&self) -> Result<u64, StoreError> {
        let _order = self.change.write().await;
        let deleted = self.library.clear().await?;
        *self.index.write().unwrap_or_else(PoisonError::into_inner) = Index::default();
        self.gallery.clear();
        Ok(deleted)
    }

    /// A person by id.
    #[must_use]
    pub fn find(&self, wire_id: &str) -> Option<Arc<Member>> {
        self.index
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .members
            .get(wire_id)
            .cloned()
    }

    /// The holder of a credential; of several the first by id.
    #[must_use]
    pub fn holder(&self, kind: CredentialKind, number: &str) -> Option<Arc<Member>> {
        let index = self.index.read().unwrap_or_else(PoisonError::into_inner);
        let holders = index.credentials.get(&(kind, number.to_owned()))?;
        holders
            .first()
            .and_then(|wire_id| index.members.get(wire_id))
            .cloned()
    }

    /// Who looks most like a face.
    #[must_use]
    pub fn search(&self, template: &face::Template) -> Top2<String> {
        self.gallery.search(template)
    }

    /// Those who look most like a face, the most alike first.
    #[must_use]
    pub fn nearest(&self, template: &face::Template, count: usize) -> Vec<(String, f32)> {
        self.gallery.nearest(template, count)
    }

    /// How many persons there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.index
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .members
            .len()
    }

    /// Whether there is nobody.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A person's first photo, as it came.
    ///
    /// # Errors
    /// [`StoreError`] of the blobs.
    pub async fn picture(&self, wire_id: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(member) = self.find(wire_id) else {
            return Ok(None);
        };
        match member.photos.first() {
            Some(photo) => self.library.picture(&photo.blob).await,
            None => Ok(None),
        }
    }

    /// Puts a person who is kept into memory. New rows of the gallery come before the old ones go, so that nobody is
    /// unknown for a moment.
    fn show(&self, kept: KeptPerson) {
        let before = self.find(&kept.wire_id);
        let member = Arc::new(Member::new(kept, before.as_deref()));
        for photo in &member.photos {
            if let Some(template) = photo.template.as_ref().and_then(usable) {
                self.gallery
                    .insert(member.wire_id.clone(), &photo.id.to_string(), &template);
            }
        }
        let before = self
            .index
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(Arc::clone(&member));
        for photo in before.iter().flat_map(|before| &before.photos) {
            if !member.photos.iter().any(|kept| kept.id == photo.id) {
                self.gallery.remove_photo(&member.wire_id, &photo.id.to_string());
            }
        }
    }

    /// Makes the template of a photo; `None` without models, where the bytes must be a picture nevertheless.
    async fn template(
        &self,
        position: usize,
        bytes: Vec<u8>,
    ) -> Result<(Vec<u8>, Option<Template>), PutError> {
        let unread = |error| PutError::unread(position, &error);
        let Some(engine) = self.engine.clone() else {
            face::decode::dimensions(&bytes, &self.bounds.photo).map_err(unread)?;
            return Ok((bytes, None));
        };
        let (bytes, examined) = tokio::task::spawn_blocking(move || {
            let examined = engine.examine(&bytes);
            (bytes, examined)
        })
        .await
        .map_err(|error| PutError::Engine(error.to_string()))?;
        let examination = examined.map_err(|error| match error {
            face::ExamineError::Image(error) => unread(error),
            face::ExamineError::Run(error) => PutError::Engine(error.to_string()),
        })?;
        let has_face = !examination.faces.is_empty();
        let template = examination.template;
        let template = template.ok_or_else(|| PutError::no_template(position, has_face))?;
        Ok((bytes, Some(kept_form(&template))))
    }
}

/// A template as the store keeps it.
fn kept_form(template: &face::Template) -> Template {
    Template {
        model: MODEL_VERSION.to_owned(),
        bytes: template.to_bytes(),
    }
}

/// A kept template, if this engine's model made it.
fn usable(kept: &Template) -> Option<face::Template> {
    if kept.model != MODEL_VERSION {
        return None;
    }
    face::Template::from_bytes(&kept.bytes).ok()
}
