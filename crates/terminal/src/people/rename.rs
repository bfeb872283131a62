//! Other ids for a person and the photos.

use super::{People, usable};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError};
use store::StoreError;
use store::terminal::RenamedPhoto;

impl People {
    /// Gives a person another id, or the same, and photos other ids, by their old ones. Returns whether there was one.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where somebody else has it; nothing changed then.
    pub async fn rename(
        &self,
        wire_id: &str,
        new_id: &str,
        faces: &HashMap<String, String>,
    ) -> Result<bool, StoreError> {
        let _order = self.change.write().await;
        let Some(member) = self.find(wire_id) else {
            return Ok(false);
        };
        let mut photos = member.photos.clone();
        let mut changed = Vec::new();
        for photo in &mut photos {
            if let Some(face_id) = faces.get(&photo.face_id) {
                photo.face_id.clone_from(face_id);
                changed.push(RenamedPhoto {
                    id: photo.id,
                    face_id: face_id.clone(),
                });
            }
        }
        if !self.library.rename(wire_id, new_id, changed).await? {
            return Ok(false);
        }
        let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
        let renamed = Arc::new(member.with_photos(new_id, photos));
        if new_id != wire_id {
            for photo in &renamed.photos {
                if let Some(template) = photo.template.as_ref().and_then(usable) {
                    self.gallery
                        .insert(renamed.wire_id.clone(), &photo.id.to_string(), &template);
                }
            }
            self.gallery.remove(&wire_id.to_owned());
            index.remove(wire_id);
        }
        index.insert(renamed);
        Ok(true)
    }
}
