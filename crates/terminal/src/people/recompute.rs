//! Templates that are missing, or that another model made, are computed from the photos (terminal rule 18).

use super::{Member, People, PhotoChange, usable};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError};
use store::terminal::{KeptPhoto, Template};

impl People {
    /// Computes what is missing, person by person, beside the door's work. A photo that cannot be used is logged and
    /// left. Returns how many templates were made.
    pub async fn recompute(&self) -> usize {
        if self.engine.is_none() {
            return 0;
        }
        let mut made = 0;
        for member in self.incomplete() {
            for photo in member.photos.iter().filter(|photo| !is_usable(photo)) {
                match self.recompute_photo(photo).await {
                    Ok(()) => made += 1,
                    Err(problem) => {
                        tracing::warn!(photo = photo.id, %problem, "a template could not be made")
                    }
                }
            }
        }
        if made > 0 {
            tracing::info!(made, "templates made from photos");
        }
        made
    }

    fn incomplete(&self) -> Vec<Arc<Member>> {
        let index = self.index.read().unwrap_or_else(PoisonError::into_inner);
        let incomplete = index
            .members
            .values()
            .filter(|member| !member.photos.iter().all(is_usable));
        incomplete.cloned().collect()
    }

    /// The templates that are missing of the photos that a change leaves, by the photos' numbers.
    pub(super) async fn missing_templates(
        &self,
        wire_id: &str,
        photos: &PhotoChange,
    ) -> HashMap<i64, Template> {
        let mut made = HashMap::new();
        let Some(member) = self.find(wire_id).filter(|_| self.engine.is_some()) else {
            return made;
        };
        let stay = member.photos.iter().filter(|photo| !photos.drops(&photo.face_id));
        for photo in stay.filter(|photo| !is_usable(photo)) {
            match self.made(photo).await {
                Ok(template) => made.extend(template.map(|template| (photo.id, template))),
                Err(problem) => tracing::warn!(photo = photo.id, %problem, "a template could not be made"),
            }
        }
        made
    }

    /// The template of a photo that is kept; `None` if the photo is gone.
    async fn made(&self, photo: &KeptPhoto) -> Result<Option<Template>, String> {
        let picture = self.library.picture(&photo.blob).await;
        let Some(picture) = picture.map_err(|error| error.to_string())? else {
            return Ok(None);
        };
        let made = self.template(0, picture).await;
        Ok(made.map_err(|error| error.to_string())?.1)
    }

    async fn recompute_photo(&self, photo: &KeptPhoto) -> Result<(), String> {
        let Some(template) = self.made(photo).await? else {
            return Ok(());
        };
        let _order = self.change.write().await;
        self.library
            .set_template(photo.id, template.clone())
            .await
            .map_err(|error| error.to_string())?;
        // The person may have been replaced, renamed or deleted meanwhile.
        let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
        let has_it = |member: &&Arc<Member>| member.photos.iter().any(|kept| kept.id == photo.id);
        let Some(owner) = index.members.values().find(has_it).cloned() else {
            return Ok(());
        };
        if let Some(usable) = usable(&template) {
            self.gallery
                .insert(owner.wire_id.clone(), &photo.id.to_string(), &usable);
        }
        let mut photos = owner.photos.clone();
        for kept in photos.iter_mut().filter(|kept| kept.id == photo.id) {
            kept.template = Some(template.clone());
        }
        index.insert(Arc::new(owner.with_photos(&owner.wire_id, photos)));
        Ok(())
    }
}

fn is_usable(photo: &KeptPhoto) -> bool {
    photo.template.as_ref().and_then(usable).is_some()
}
