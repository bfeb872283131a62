//! Templates that are missing, or that another model made, are computed from the photos (terminal rule 18).

use super::{Member, People, usable};
use std::sync::{Arc, PoisonError};
use store::terminal::KeptPhoto;

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
                match self.recompute_photo(&member, photo).await {
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

    async fn recompute_photo(&self, member: &Member, photo: &KeptPhoto) -> Result<(), String> {
        let picture = self
            .library
            .picture(&photo.blob)
            .await
            .map_err(|error| error.to_string())?;
        let Some(picture) = picture else { return Ok(()) };
        let (_, template) = self
            .template(0, picture)
            .await
            .map_err(|error| error.to_string())?;
        let Some(template) = template else { return Ok(()) };
        let Some(usable) = usable(&template) else {
            return Ok(());
        };
        let _order = self.change.lock().await;
        self.library
            .set_template(photo.id, template)
            .await
            .map_err(|error| error.to_string())?;
        // The person may have been replaced or deleted meanwhile.
        let current = self.find(&member.wire_id);
        if current.is_some_and(|now| now.photos.iter().any(|kept| kept.id == photo.id)) {
            self.gallery
                .insert(member.wire_id.clone(), &photo.id.to_string(), &usable);
        }
        Ok(())
    }
}

fn is_usable(photo: &KeptPhoto) -> bool {
    photo.template.as_ref().and_then(usable).is_some()
}
